import type { Redis } from 'ioredis';
import { RedisUnavailableError } from '../shared/errors.ts';
import { delay } from '../shared/lifecycle.ts';
import { isAlive } from './errno.ts';
import { greet, Refusal } from './greet.ts';
import { type ServerRecord, urlOf } from './server-record.ts';
import { loadTimeoutMs } from './start-server.ts';

/** Every process that uses a private server holds one connection of this name; the server lives while one is left. */
export const userConnection = 'persona-fleet-user';
/** How long a server whose starter vanished may take from its start to listening. */
const startGraceMs = 3_000;

/**
 * Connects to the server of the record, if it runs; waits while it loads. Undefined when it is gone.
 * @throws RedisUnavailableError when it is alive but does not answer.
 */
export async function joinRunning(
  dir: string,
  found: { record: ServerRecord; ageMs: number },
): Promise<{ record: ServerRecord; redis: Redis } | undefined> {
  const { record } = found;
  const begunMs = performance.now();
  for (;;) {
    const waitedMs = performance.now() - begunMs;
    const greeting = await greet(urlOf(record), { timeoutMs: 3_000, name: userConnection });
    if ('redis' in greeting) return { record, redis: greeting.redis };
    switch (greeting.refusal) {
      case Refusal.loading:
        if (waitedMs > loadTimeoutMs) throw notUsable(dir, record, 'is still loading its data');
        break;
      case Refusal.closed:
        if (record.pid !== null || found.ageMs + waitedMs > startGraceMs) return undefined;
        break;
      case Refusal.silent:
        // Frozen or overloaded, but alive: a second server on its files would destroy them.
        if (record.pid !== null && !isAlive(record.pid)) return undefined;
        throw notUsable(dir, record, 'does not answer');
      case Refusal.credentials:
      case Refusal.stranger:
        // Ours has gone and somebody else got its port.
        return undefined;
      default: {
        const never: never = greeting.refusal;
        throw new Error(`unknown refusal ${String(never)}`);
      }
    }
    await delay(50);
  }
}

function notUsable(dir: string, record: ServerRecord, what: string): RedisUnavailableError {
  const who = record.pid === null ? `on port ${record.port}` : `(pid ${record.pid}, port ${record.port})`;
  return new RedisUnavailableError(
    `The private Redis in ${dir} ${who} ${what}; wait for it or end that process, then try again`,
  );
}
