import { Redis } from 'ioredis';
import { withDeadline } from '../shared/lifecycle.ts';
import { errnoOf } from './errno.ts';

/** Why nobody useful answered, by what the caller can do about it. */
export const Refusal = {
  /** Nobody listens there, or the host cannot be found or routed to. */
  closed: 'closed',
  /** A connection opens but no answer comes: frozen, overloaded, a firewall, or a TLS port spoken to in plain. */
  silent: 'silent',
  /** Redis answers that it is still reading its data. */
  loading: 'loading',
  /** Redis answers, but wants another password or user. */
  credentials: 'credentials',
  /** Something answers that is not Redis, or not in the expected encryption. */
  stranger: 'stranger',
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

export type Greeting = { redis: Redis } | { refusal: Refusal; cause: Error };

/**
 * Opens one connection and exchanges PING and PONG within `timeoutMs`, without a retry. Never rejects.
 *
 * The connection in the answer is the caller's to close; it reconnects by itself if the server goes away later.
 * `name` is what CLIENT LIST will show.
 */
export async function greet(url: string, options: { timeoutMs: number; name?: string }): Promise<Greeting> {
  let answered = false;
  let failure: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: options.timeoutMs,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (answered ? Math.min(times * 100, 2_000) : null),
    ...(options.name === undefined ? {} : { connectionName: options.name }),
  });
  // Without a listener ioredis prints every later connection loss on the console.
  redis.on('error', (error: Error) => {
    failure ??= error;
  });
  try {
    await withDeadline(ping(redis), options.timeoutMs, noAnswer);
    answered = true;
    return { redis };
  } catch (error) {
    hangUp(redis);
    const cause = failure ?? (error instanceof Error ? error : new Error(String(error)));
    return { refusal: classify(cause), cause };
  }
}

/**
 * Closes a connection for good, without a command that the server could leave unanswered.
 *
 * Not plainly `disconnect()`: on a connection that has already ended, ioredis 6 sets a timer of two seconds that
 * nothing clears, and the process stays that much longer.
 */
export function hangUp(redis: Redis): void {
  redis.options.retryStrategy = () => null;
  if (redis.status !== 'end') redis.disconnect();
}

const noAnswer = 'no answer in time';

async function ping(redis: Redis): Promise<void> {
  await redis.connect();
  await redis.ping();
}

const networkErrors = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
]);

function classify(cause: Error): Refusal {
  const code = errnoOf(cause);
  if (code !== undefined && networkErrors.has(code)) return Refusal.closed;
  if (code === 'ETIMEDOUT' || cause.message === noAnswer || cause.message === 'connect ETIMEDOUT') {
    return Refusal.silent;
  }
  if (cause.message.startsWith('LOADING')) return Refusal.loading;
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR AUTH|ERR Client sent AUTH)/i.test(cause.message)) {
    return Refusal.credentials;
  }
  return Refusal.stranger;
}
