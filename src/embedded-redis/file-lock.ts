import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { RedisUnavailableError } from '../shared/errors.ts';
import { delay } from '../shared/lifecycle.ts';
import { errnoOf, isAlive } from './errno.ts';

const heartbeatMs = 2_000;
/** A lock whose holder has not touched it for this long belongs to nobody: the holder crashed and its pid was reused. */
export const staleAfterMs = 15_000;
const pollMs = 50;

/**
 * Runs `action` while this process alone, of all processes that name the same file, holds the lock.
 *
 * A holder that was killed is noticed at once when it ran on this host, else when its heartbeat has been
 * missing for `staleAfterMs`; a holder frozen for longer than that loses the lock. Waits at most `waitMs`, then
 * rejects with a RedisUnavailableError that names the file and its holder; a signal that aborts ends the wait with its
 * reason. File system errors (no permission, disk full) are passed on as they are.
 */
export async function withFileLock<T>(
  path: string,
  action: () => Promise<T>,
  options: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  await acquire(path, performance.now() + (options.waitMs ?? 60_000), options.signal);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, heartbeatMs);
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function acquire(path: string, deadlineMs: number, signal: AbortSignal | undefined): Promise<void> {
  while (!(await createExclusively(path))) {
    signal?.throwIfAborted();
    if (await isStale(path)) await breakStale(path);
    else if (performance.now() < deadlineMs) await delay(pollMs, signal);
    else {
      const holder = await readHolder(path);
      throw new RedisUnavailableError(
        `another process${holder === undefined ? '' : ` (pid ${holder.pid} on ${holder.host})`} holds ${path}; ` +
          'wait for it to finish or end it, then try again',
      );
    }
  }
}

async function createExclusively(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), {
      flag: 'wx',
      mode: 0o600,
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a stale lock. Two waiters may find the same lock stale; without the second file the slower one would
 * remove the lock that the faster one has just taken.
 */
async function breakStale(path: string): Promise<void> {
  const breaking = `${path}.breaking`;
  if (!(await createExclusively(breaking))) {
    if (await isStale(breaking)) await rm(breaking, { force: true });
    return delay(pollMs);
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(breaking, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > staleAfterMs) return true;
  } catch {
    return false;
  }
  const holder = await readHolder(path);
  return holder !== undefined && holder.host === hostname() && !isAlive(holder.pid);
}

/** Undefined while the holder has created but not yet written the file. */
async function readHolder(path: string): Promise<{ pid: number; host: string } | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('host' in holder)) return;
    const { pid, host } = holder;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}
