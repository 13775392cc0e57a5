import type { Redis } from 'ioredis';
import { delay, unlessAborted } from '../shared/lifecycle.ts';
import { hangUp } from './greet.ts';

const maxAttempts = 10;
const firstBackoffMs = 250;
const maxBackoffMs = 15_000;
/** A server that lived for less than this has not recovered: its next restart still counts as one of the attempts. */
const steadyAfterMs = 60_000;

/**
 * Watches the connection of a use and, whenever it is lost, puts the one that `regain` gets in its place. Resolves
 * when the signal aborts; never rejects.
 *
 * The first attempt is made at once, the others with a growing backoff, about a minute in all; then `givenUp` gets
 * the last error. The lost connection keeps trying by itself until it is replaced, so that a server that somebody else
 * brings back still counts this user and is watched again.
 */
export async function keepUp(
  use: { redis: Redis },
  options: { regain: () => Promise<Redis>; givenUp: (error: unknown) => void; signal: AbortSignal },
): Promise<void> {
  const { regain, givenUp, signal } = options;
  let attempts = 0;
  while (!signal.aborted) {
    const upSinceMs = performance.now();
    if (isReady(use.redis)) await nextEvent(use.redis, 'close', signal);
    if (performance.now() - upSinceMs > steadyAfterMs) attempts = 0;

    await delay(backoffMs(attempts), signal);
    if (signal.aborted || isReady(use.redis)) continue;
    attempts += 1;
    try {
      const redis = await regain();
      hangUp(use.redis);
      use.redis = redis;
    } catch (error) {
      if (attempts < maxAttempts || signal.aborted) continue;
      givenUp(error);
      attempts = 0;
      if (!isReady(use.redis)) await nextEvent(use.redis, 'ready', signal);
    }
  }
}

/** A call, since the status changes behind the back of the compiler's narrowing. */
function isReady(redis: Redis): boolean {
  return redis.status === 'ready';
}

async function nextEvent(redis: Redis, event: 'close' | 'ready', signal: AbortSignal): Promise<void> {
  await unlessAborted(new Promise<void>((resolve) => redis.once(event, () => resolve())), signal);
}

function backoffMs(attempts: number): number {
  return attempts === 0 ? 0 : Math.min(firstBackoffMs * 2 ** (attempts - 1), maxBackoffMs);
}
