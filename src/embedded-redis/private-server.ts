import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { RedisUnavailableError } from '../shared/errors.ts';
import { delay, withDeadline } from '../shared/lifecycle.ts';
import { writableDataDir } from './data-dir.ts';
import { errnoOf, isAlive } from './errno.ts';
import { withFileLock } from './file-lock.ts';
import { greet, hangUp, Refusal } from './greet.ts';
import type { Machine } from './run-quietly.ts';
import { readRecord, removeRecord, type ServerRecord, urlOf } from './server-record.ts';
import { loadTimeoutMs, startServer } from './start-server.ts';

/** Every process that uses a private server holds one connection of this name; the server lives while one is left. */
const userConnection = 'persona-fleet-user';
const stopTimeoutMs = 10_000;
/** How long a server whose starter vanished may take from its start to listening. */
const startGraceMs = 3_000;

/** The use of a private server by this process. `leave()` ends it, and the server if nobody else uses it. */
export type PrivateServer = { url: string; leave: () => Promise<void> };

/**
 * Joins the server that runs in `<dataDir>/redis`, or starts it there.
 *
 * Users are counted by their connections, which the kernel closes with the process: a user that was killed is
 * not counted, and a server left behind by one is joined, and later stopped, by the next.
 * @throws UserError when the directory cannot be written; RedisUnavailableError when the server cannot be used.
 */
export async function usePrivateServer(options: {
  command: string;
  dataDir: string;
  machine: Machine;
}): Promise<PrivateServer> {
  const { command, dataDir, machine } = options;
  const dir = join(dataDir, 'redis');
  const lockPath = join(dir, 'server.lock');
  return writableDataDir(dataDir, async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    return withFileLock(
      lockPath,
      async () => {
        const { record, redis } =
          (await joinRunning(dir)) ??
          (await startServer({ command, dir, connectionName: userConnection, machine }));
        return { url: urlOf(record), leave: () => leave({ dir, lockPath, record, redis }) };
      },
      { waitMs: loadTimeoutMs },
    );
  });
}

/** The server of the record, if it runs; waits while it loads. Undefined when it is gone. */
async function joinRunning(dir: string): Promise<{ record: ServerRecord; redis: Redis } | undefined> {
  const found = await readRecord(dir);
  if (found === undefined) return undefined;
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

/**
 * Ends this use. Bounded: when the server does not stop in time, it stays with its record for the next user.
 * NOSAVE is safe with an append-only file: Redis writes and syncs it before it closes its port.
 */
async function leave(use: {
  dir: string;
  lockPath: string;
  record: ServerRecord;
  redis: Redis;
}): Promise<void> {
  const { dir, lockPath, record, redis } = use;
  try {
    await withFileLock(lockPath, () => stopUnlessShared(dir, record, redis), { waitMs: stopTimeoutMs });
  } catch (error) {
    // The directory was removed under the server: nobody can find it any more, so nobody can race for it.
    if (errnoOf(error) === 'ENOENT') await stopUnlessShared(dir, record, redis);
    // Else a frozen process holds the lock, or the disk refuses it: the next user cleans up.
  } finally {
    hangUp(redis);
  }
}

async function stopUnlessShared(dir: string, record: ServerRecord, redis: Redis): Promise<void> {
  const others = await countOtherUsers(redis);
  if (others === undefined || others > 0) return;
  // Its going away is no reason to connect again.
  redis.options.retryStrategy = () => null;
  redis.shutdown('NOSAVE').catch(() => {});
  if (await untilClosed(record)) await removeRecord(dir);
}

/** Undefined when the server does not answer. */
async function countOtherUsers(redis: Redis): Promise<number | undefined> {
  if (redis.status !== 'ready') return undefined;
  const list = await withDeadline(redis.client('LIST'), stopTimeoutMs, 'no answer').catch(() => undefined);
  if (typeof list !== 'string') return undefined;
  return list.split('\n').filter((line) => line.includes(` name=${userConnection} `)).length - 1;
}

/** Whether the server's port closes within the stop timeout. A pid would not tell: nobody may be there to reap it. */
async function untilClosed(record: ServerRecord): Promise<boolean> {
  const deadlineMs = performance.now() + stopTimeoutMs;
  while (performance.now() < deadlineMs) {
    const greeting = await greet(urlOf(record), { timeoutMs: 1_000 });
    if ('redis' in greeting) hangUp(greeting.redis);
    else if (greeting.refusal === Refusal.closed) return true;
    await delay(20);
  }
  return false;
}
