import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { explain, RedisUnavailableError } from '../shared/errors.ts';
import { delay, unlessAborted, withDeadline } from '../shared/lifecycle.ts';
import { writableDataDir } from './data-dir.ts';
import { errnoOf } from './errno.ts';
import { withFileLock } from './file-lock.ts';
import { greet, hangUp, Refusal } from './greet.ts';
import { joinRunning, userConnection } from './join-running.ts';
import { keepUp } from './keep-up.ts';
import type { Machine } from './run-quietly.ts';
import { readRecord, removeRecord, type ServerRecord, urlOf } from './server-record.ts';
import { loadTimeoutMs, startServer } from './start-server.ts';

const stopTimeoutMs = 10_000;

/** The use of a private server by this process. `leave()` ends it, and the server if nobody else uses it. */
export type PrivateServer = { url: string; leave: () => Promise<void> };

type Use = { record: ServerRecord; redis: Redis };
type Home = { command: string; dir: string; lockPath: string; machine: Machine };

/**
 * Joins the server that runs in `<dataDir>/redis`, or starts it there.
 *
 * Users are counted by their connections, which the kernel closes with the process: a user that was killed is
 * not counted, and a server left behind by one is joined, and later stopped, by the next. A server that dies is started
 * again by whichever user notices first, with the same `url` and every acknowledged write; when that keeps failing
 * for about a minute, one line is announced.
 * @throws UserError when the directory cannot be written; RedisUnavailableError when the server cannot be used.
 */
export async function usePrivateServer(options: {
  command: string;
  dataDir: string;
  machine: Machine;
  announce: (line: string) => void;
}): Promise<PrivateServer> {
  const { command, dataDir, machine, announce } = options;
  const dir = join(dataDir, 'redis');
  const home: Home = { command, dir, lockPath: join(dir, 'server.lock'), machine };
  const use = await writableDataDir(dataDir, async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    return withFileLock(home.lockPath, () => joinOrStart(home), { waitMs: loadTimeoutMs });
  });

  const leaving = new AbortController();
  const watching = keepUp(use, {
    regain: () => regain(home, use.record, leaving.signal),
    givenUp: (error) =>
      announce(
        `warning: the private Redis in ${dir} has gone and could not be started again: ${explain(error)}; ` +
          'once that is mended, any command in the same data directory starts it again for this one too',
      ),
    signal: leaving.signal,
  });
  return {
    url: urlOf(use.record),
    async leave() {
      leaving.abort();
      // A restart in progress is waited for, or it would leave a server behind; after the timeout, in the background.
      const left = watching.then(() => leave(home, use));
      await unlessAborted(left, AbortSignal.timeout(3 * stopTimeoutMs));
    },
  };
}

async function joinOrStart(home: Home): Promise<Use> {
  const found = await readRecord(home.dir);
  const running = found === undefined ? undefined : await joinRunning(home.dir, found);
  return running ?? startServer({ ...placeOf(home), previous: found?.record, elsewhere: true });
}

/**
 * A new connection to the server that was lost, which is started again unless another user has done so. Never a
 * server at another address: whoever holds the old one in this process would not follow.
 */
async function regain(home: Home, lost: ServerRecord, leaving: AbortSignal): Promise<Redis> {
  const restart = async () => {
    leaving.throwIfAborted();
    // No record: a user that left before we got the lock has stopped a server that was already back.
    const found = (await readRecord(home.dir)) ?? { record: lost, ageMs: Number.POSITIVE_INFINITY };
    const running = await joinRunning(home.dir, found);
    const use = running ?? (await startServer({ ...placeOf(home), previous: lost, elsewhere: false }));
    if (urlOf(use.record) === urlOf(lost)) return use.redis;
    try {
      await stopUnlessShared(home.dir, use);
    } finally {
      hangUp(use.redis);
    }
    throw new RedisUnavailableError(`it now listens on port ${use.record.port} instead of ${lost.port}`);
  };
  return withFileLock(home.lockPath, restart, { waitMs: loadTimeoutMs, signal: leaving });
}

function placeOf({ command, dir, machine }: Home) {
  return { command, dir, machine, connectionName: userConnection };
}

/**
 * Ends this use. Bounded: when the server does not stop in time, it stays with its record for the next user.
 * NOSAVE is safe with an append-only file: Redis writes and syncs it before it closes its port.
 */
async function leave({ dir, lockPath }: Home, use: Use): Promise<void> {
  try {
    await withFileLock(lockPath, () => stopUnlessShared(dir, use), { waitMs: stopTimeoutMs });
  } catch (error) {
    // The directory was removed under the server: nobody can find it any more, so nobody can race for it.
    if (errnoOf(error) === 'ENOENT') await stopUnlessShared(dir, use);
    // Else a frozen process holds the lock, or the disk refuses it: the next user cleans up.
  } finally {
    hangUp(use.redis);
  }
}

async function stopUnlessShared(dir: string, { record, redis }: Use): Promise<void> {
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
