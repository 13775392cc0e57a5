import type { Redis } from 'ioredis';
import { RedisUnavailableError } from '../shared/errors.ts';
import { maskPassword } from '../shared/redis.ts';
import { greet, hangUp, Refusal } from './greet.ts';

const timeoutMs = 3_000;

/**
 * Makes sure that somebody else's Redis can be used, within about three seconds; leaves no connection behind.
 *
 * Announces a `maxmemory-policy` other than noeviction, under which Redis may drop names and results.
 * @throws RedisUnavailableError with one line: the address (password masked), what was wrong, what to do.
 */
export async function checkExternalRedis(url: string, announce: (line: string) => void): Promise<void> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new RedisUnavailableError(
      `REDIS_URL: expected redis://[user:password@]host:port[/db], or rediss:// for TLS, got ${maskPassword(url)}`,
    );
  }
  const greeting = await greet(url, { timeoutMs });
  if ('refusal' in greeting) {
    const { refusal, cause } = greeting;
    throw new RedisUnavailableError(
      `Redis at ${maskPassword(url)} cannot be used: ${reasons[refusal]} (${cause.message}); ${remedies[refusal]}`,
      { cause },
    );
  }
  try {
    const policy = await evictionPolicy(greeting.redis);
    if (policy !== undefined && policy !== 'noeviction') {
      announce(
        `warning: Redis at ${maskPassword(url)} has maxmemory-policy ${policy} and may drop names and results; ` +
          'set it to noeviction',
      );
    }
  } finally {
    hangUp(greeting.redis);
  }
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
  [Refusal.stranger]: 'check host and port, and rediss:// (TLS) against redis:// (plain)',
};

/** Read from INFO, since managed servers forbid CONFIG; undefined where INFO is forbidden too. */
async function evictionPolicy(redis: Redis): Promise<string | undefined> {
  try {
    return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  } catch {
    return undefined;
  }
}
