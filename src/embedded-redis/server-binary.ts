import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RedisUnavailableError } from '../shared/errors.ts';
import { writableDataDir } from './data-dir.ts';
import { withFileLock } from './file-lock.ts';
import { installHint, installServer } from './install.ts';
import { type Machine, runQuietly } from './run-quietly.ts';

const commands = ['redis-server', 'valkey-server'] as const;

/** The first of redis-server and valkey-server on PATH that runs, or undefined. */
export async function findServerBinary(machine: Machine = {}): Promise<string | undefined> {
  for (const command of commands) {
    if (await runQuietly(command, ['--version'], { ...machine, timeoutMs: 10_000 })) return command;
  }
  return undefined;
}

/**
 * A server command that can be run: found on PATH, or else installed with the system's package manager when we
 * are root or sudo asks no password.
 *
 * The installer's output goes to `<dataDir>/install-redis.log`; at once by two processes, it runs once.
 * @throws RedisUnavailableError with the three ways out when there is none and none can be installed.
 */
export async function ensureServerBinary(options: {
  dataDir: string;
  announce: (line: string) => void;
  install?: boolean;
  machine?: Machine;
}): Promise<string> {
  const { dataDir, announce, machine = {} } = options;
  const found = await findServerBinary(machine);
  if (found !== undefined) return found;
  if (options.install === false) throw new RedisUnavailableError(waysOut(await installHint(machine)));

  await writableDataDir(dataDir, () => mkdir(dataDir, { recursive: true }));
  return withFileLock(
    join(dataDir, 'install-redis.lock'),
    async () => {
      const logPath = join(dataDir, 'install-redis.log');
      const already = await findServerBinary(machine);
      const installed =
        already ?? (await installServer({ announce, logPath, machine, find: findServerBinary }));
      if (installed === undefined) throw new RedisUnavailableError(waysOut(await installHint(machine)));
      return installed;
    },
    { waitMs: 15 * 60_000 },
  );
}

function waysOut(packageLine: string): string {
  return [
    'Redis is needed, and neither redis-server nor valkey-server is on PATH. Do one of these, then run the command again:',
    `  package:    ${packageLine}`,
    '  container:  docker run --rm -d -p 127.0.0.1:6379:6379 redis:8.2.2 --maxmemory-policy noeviction --appendonly yes',
    '              and set REDIS_URL=redis://127.0.0.1:6379',
    '  elsewhere:  set REDIS_URL=redis://host:port to a server that you have',
  ].join('\n');
}
