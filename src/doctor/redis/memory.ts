import { type Finding, fault, ok, warning } from '../check.ts';
import { numberIn, type RedisInfo } from './redis-info.ts';

/** From here on it is time to do something; and from there on a larger run will not fit. */
const WARN_SHARE = 0.75;
const FAULT_SHARE = 0.95;
const ADVICE = 'raise maxmemory, export and prune populations that are done, or remove them';

/** How full the server is: under noeviction a full one refuses commits until somebody acts. */
export function checkMemory(info: RedisInfo): Finding {
  const used = numberIn(info, 'used_memory');
  if (used === undefined) return warning('memory cannot be seen', 'watch it with what the provider offers');
  const limit = numberIn(info, 'maxmemory') ?? 0;
  if (limit > 0) {
    const found = `${megabytes(used)} of maxmemory ${megabytes(limit)} (${percent(used / limit)})`;
    if (used / limit >= FAULT_SHARE) return fault(`${found}: commits are about to be refused`, ADVICE);
    return used / limit >= WARN_SHARE ? warning(found, ADVICE) : ok(found);
  }
  const machine = numberIn(info, 'total_system_memory') ?? 0;
  if (machine > 0 && used / machine >= WARN_SHARE) {
    return warning(
      `${megabytes(used)}, without a limit, on a machine of ${megabytes(machine)}`,
      'set maxmemory below what the machine has: a full Redis refuses writes and recovers, one that the system kills does not',
    );
  }
  return ok(`${megabytes(used)}, maxmemory not set`);
}

function megabytes(bytes: number): string {
  const inMegabytes = bytes / 1_048_576;
  return `${inMegabytes.toLocaleString('en-US', { maximumFractionDigits: inMegabytes < 10 ? 1 : 0 })} MB`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
