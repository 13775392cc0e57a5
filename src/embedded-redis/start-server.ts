import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { RedisUnavailableError } from '../shared/errors.ts';
import { delay } from '../shared/lifecycle.ts';
import { greet, Refusal } from './greet.ts';
import type { Machine } from './run-quietly.ts';
import { durable, freePort, spawnServer } from './server-process.ts';
import { removeRecord, type ServerRecord, urlOf, writeRecord } from './server-record.ts';

/** A data file of many gigabytes takes minutes to read; a server that needs longer is not coming. */
export const loadTimeoutMs = 10 * 60_000;
const portAttempts = 5;

/**
 * Starts the durable private server in `dir` and waits until it has loaded its data. The caller holds the
 * directory's lock: two servers on one append-only file destroy it.
 *
 * The server takes the port and password of `previous`, so that the users of one that crashed find it again. When
 * somebody else has got that port, it takes another, unless `elsewhere` is false. A failure leaves `previous` as the record.
 * @returns the record, already on disk, and one connection under `connectionName`.
 * @throws RedisUnavailableError with the last line of the server's log and the log's path.
 */
export async function startServer(options: {
  command: string;
  dir: string;
  connectionName: string;
  machine: Machine;
  previous: ServerRecord | undefined;
  elsewhere: boolean;
}): Promise<{ record: ServerRecord; redis: Redis }> {
  const { command, dir, connectionName, machine, previous, elsewhere } = options;
  const logPath = join(dir, 'redis.log');
  await rename(logPath, `${logPath}.old`).catch(() => {});

  for (let attempt = 1; ; attempt += 1) {
    const { port, password } = (attempt === 1 && previous) || (await newPlace());
    const planned: ServerRecord = { pid: null, port, password };
    await writeRecord(dir, planned);
    const child = spawnServer({
      command,
      dir,
      logPath,
      port,
      password,
      detached: true,
      settings: durable,
      ...machine,
    });
    const exited = exitOf(child);
    const redis = await untilReady(planned, connectionName, exited);
    if (redis !== undefined && child.pid !== undefined) {
      child.unref();
      const record = { ...planned, pid: child.pid };
      await writeRecord(dir, record);
      return { record, redis };
    }
    child.kill('SIGKILL');
    const lastLine = await lastLineOf(logPath);
    await (previous === undefined ? removeRecord(dir) : writeRecord(dir, previous));
    const portTaken = lastLine.includes('in use') || lastLine.includes('Failed listening');
    if (!portTaken || !elsewhere || attempt === portAttempts) {
      throw new RedisUnavailableError(
        `The private Redis (${command}) did not start: ${lastLine || 'it wrote no reason'}; its log is ${logPath}`,
      );
    }
  }
}

async function newPlace(): Promise<{ port: number; password: string }> {
  return { port: await freePort(), password: randomBytes(24).toString('hex') };
}

/** Resolves when the child is gone or could not be run; never rejects. */
function exitOf(child: ChildProcess): Promise<'exited'> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve('exited'));
    child.once('error', () => resolve('exited'));
  });
}

async function untilReady(
  record: ServerRecord,
  connectionName: string,
  exited: Promise<'exited'>,
): Promise<Redis | undefined> {
  const deadlineMs = performance.now() + loadTimeoutMs;
  while (performance.now() < deadlineMs) {
    const greeting = await greet(urlOf(record), { timeoutMs: 5_000, name: connectionName });
    if ('redis' in greeting) return greeting.redis;
    // Somebody else took the port first: ours is about to exit, and says so in its log.
    if (greeting.refusal === Refusal.credentials || greeting.refusal === Refusal.stranger) {
      await Promise.race([exited, delay(2_000)]);
      return undefined;
    }
    if ((await Promise.race([exited, delay(20)])) === 'exited') return undefined;
  }
  return undefined;
}

async function lastLineOf(path: string): Promise<string> {
  const log = await readFile(path, 'utf8').catch(() => '');
  return log.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
