import { Redis, type RedisOptions } from 'ioredis';
import { RedisUnavailableError } from './errors.ts';

/**
 * Redis connections, by purpose. None sets `commandTimeout`: on a worker it breaks blocking reads and fails
 * good jobs. The caller owns what it gets and quits it; BullMQ leaves supplied connections open.
 */
export const ConnectionPurpose = {
  /** A long-lived process: waits out an outage and resends what was not answered; our scripts are idempotent. */
  patient: 'patient',
  /** A command somebody waits for: says within seconds that Redis is gone. */
  failFast: 'fail-fast',
} as const;
export type ConnectionPurpose = (typeof ConnectionPurpose)[keyof typeof ConnectionPurpose];

const RECONNECT_MAX_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;

export function redisOptions(purpose: ConnectionPurpose) {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: purpose === ConnectionPurpose.patient ? null : 2,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS),
    // Commands of one tick share one write: a shard's slots cost round trips together, not one each.
    enableAutoPipelining: purpose === ConnectionPurpose.patient,
  } satisfies RedisOptions;
}

/** Opens a connection and waits until it answers. Throws RedisUnavailableError when it does not. */
export async function connectRedis(
  url: string,
  purpose: ConnectionPurpose,
  onError: (error: Error) => void = () => {},
): Promise<Redis> {
  const redis = new Redis(url, { ...redisOptions(purpose), lazyConnect: true });
  redis.on('error', onError);
  try {
    await redis.connect();
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw new RedisUnavailableError(`Redis does not answer at ${maskPassword(url)}`, { cause });
  }
}

/** The address as it may be shown: passwords become `***`, also in text that is no URL at all. */
export function maskPassword(url: string): string {
  const [, scheme = '', credentials, rest = ''] = /^([a-z]*:\/\/)?(?:(.*)@)?(.*)$/is.exec(url) ?? [];
  const user = credentials?.includes(':') ? credentials.split(':', 1)[0] : undefined;
  const shown = credentials === undefined ? '' : user === undefined ? '***@' : `${user}:***@`;
  return `${scheme}${shown}${rest.replace(/(password=)[^&]*/gi, '$1***')}`;
}
