import { type Finding, fault, ok, warning } from '../check.ts';
import type { RedisInfo } from './redis-info.ts';

const ADVICE =
  "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf or in the provider's settings";

/** A server that makes room by throwing keys away throws away names, results and the rate budget; under `volatile-*` only what has an expiry. */
export function checkEviction(info: RedisInfo): Finding {
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) {
    return warning('maxmemory-policy cannot be seen', 'make sure that it is noeviction');
  }
  if (policy === 'noeviction') return ok(policy);
  if (policy.startsWith('volatile-')) {
    return warning(
      `maxmemory-policy is ${policy}: names and results, which never expire, stay; when memory runs out, the locks of jobs, the lease of a file that is exported, and rate limits may be dropped`,
      `jobs then run, and are paid for, twice, and limits are learned anew: ${ADVICE}`,
    );
  }
  return fault(`maxmemory-policy is ${policy}: when memory runs out, names and results are dropped`, ADVICE);
}
