import type { Redis } from 'ioredis';
import { RedisUnavailableError } from '../shared/errors.ts';
import { maskPassword, readRedisAddress } from '../shared/redis-address.ts';
import { hangUp, Refusal } from './greet.ts';
import { reachServer } from './reach-server.ts';

const timeoutMs = 3_000;

/**
 * Makes sure that somebody else's Redis can be used, within about three seconds for each address that is given; leaves no
 * connection behind.
 *
 * Announces a `maxmemory-policy` other than noeviction, under which Redis may drop names and results, and a cluster's node that
 * is spoken to as if it were alone, which may refuse most keys.
 * @throws RedisUnavailableError with one line: the address (password masked), what was wrong, what to do.
 */
export async function checkExternalRedis(url: string, announce: (line: string) => void): Promise<void> {
  const read = readRedisAddress(url);
  if ('fault' in read) throw new RedisUnavailableError(`REDIS_URL: ${read.fault}`);
  const shown = maskPassword(url);
  const reached = await reachServer(read.address, timeoutMs);
  if ('misfit' in reached) throw unusable(shown, reached.misfit);
  if ('refusal' in reached) {
    const { refusal, cause } = reached;
    throw unusable(shown, `${reasons[refusal]} (${cause.message}); ${remedies[refusal]}`, cause);
  }
  try {
    const facts = await factsOf(reached.redis);
    const misfit = read.address.kind === 'server' ? serverMisfit(facts) : undefined;
    if (misfit !== undefined) throw unusable(shown, misfit);
    if (read.address.kind === 'server' && facts.get('redis_mode') === 'cluster') {
      announce(
        `warning: Redis at ${shown} is a node of a cluster; write redis+cluster://host:port,host:port`,
      );
    }
    const policy = facts.get('maxmemory_policy') ?? 'noeviction';
    if (policy !== 'noeviction') {
      announce(
        `warning: Redis at ${shown} has maxmemory-policy ${policy} and may drop names and results; ` +
          'set it to noeviction',
      );
    }
  } finally {
    hangUp(reached.redis);
  }
}

function unusable(shown: string, why: string, cause?: Error): RedisUnavailableError {
  return new RedisUnavailableError(`Redis at ${shown} cannot be used: ${why}`, { cause });
}

const reasons: Record<Refusal, string> = {
  [Refusal.closed]: 'nobody answers there',
  [Refusal.silent]: `no answer within ${timeoutMs / 1000} s`,
  [Refusal.loading]: 'it is still loading its data',
  [Refusal.credentials]: 'it refuses the credentials',
  [Refusal.stranger]: 'what answers does not speak the Redis protocol as expected',
};

const remedies: Record<Refusal, string> = {
  [Refusal.closed]: 'start it, correct REDIS_URL, or unset REDIS_URL to use a private server',
  [Refusal.silent]: 'check that it runs, that no firewall is between, and rediss:// if it expects TLS',
  [Refusal.loading]: 'try again in a moment',
  [Refusal.credentials]: 'correct the user and password in REDIS_URL',
  [Refusal.stranger]:
    'check host and port, rediss:// (TLS) against redis:// (plain), and NODE_EXTRA_CA_CERTS for a certificate of your own',
};

/** A server that answers, but takes no commands of ours: it is a part of something that has an address of its own. */
function serverMisfit(facts: ReadonlyMap<string, string>): string | undefined {
  if (facts.get('redis_mode') === 'sentinel') {
    return "it is a sentinel; write redis+sentinel://host:port,host:port/<the primary's name>";
  }
  if (facts.get('role') !== 'slave') return undefined;
  const primary = `${facts.get('master_host')}:${facts.get('master_port')}`;
  return `it is a replica, which takes no writes; its primary is ${primary}`;
}

/** Read from INFO, since managed servers forbid CONFIG; empty where INFO is forbidden too. */
async function factsOf(redis: Redis): Promise<Map<string, string>> {
  const info = await redis.info().catch(() => '');
  return new Map(
    [...info.matchAll(/^([a-z_]+):([^\r\n]*)/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}
