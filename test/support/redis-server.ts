import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { greet, hangUp } from '../../src/embedded-redis/greet.ts';
import { findServerBinary } from '../../src/embedded-redis/server-binary.ts';
import { freePort, type ServerSettings, spawnServer } from '../../src/embedded-redis/server-process.ts';
import { type Stoppable, stoppable } from '../../src/shared/lifecycle.ts';

/** A Redis of a test's own, to be stopped, frozen and started again. Its files go with `stop()` or with this process. */
export type RedisServer = {
  url: string;
  port: number;
  dir: string;
  pid: () => number;
  /** SIGKILL; resolves when the process is gone. */
  kill: () => Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze: () => void;
  thaw: () => void;
  /** Starts it again on the same port and files, after `kill`, or with a SHUTDOWN first when it still runs. */
  restart: () => Promise<void>;
} & Stoppable;

/** Without persistence, since most tests do not restart: they pass other settings or arguments when they do. */
const volatile: ServerSettings = [
  ['save', '""'],
  ['appendonly', 'no'],
  ['maxmemory-policy', 'noeviction'],
];

/** `args` go on the command line (`--appendonly yes`) and win over `settings`. */
export async function startRedis(
  options: { port?: number; args?: readonly string[]; settings?: ServerSettings; password?: string } = {},
): Promise<RedisServer> {
  const command = await findServerBinary();
  if (command === undefined) {
    throw new Error('these tests need redis-server or valkey-server on PATH: run npm test, or install one');
  }
  const dir = mkdtempSync(join(tmpdir(), 'persona-fleet-redis-'));
  const logPath = join(dir, 'redis.log');
  const { password } = options;
  const urlOf = (port: number) => `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`;

  const start = async (port: number) => {
    const child = spawnServer({
      command,
      dir,
      logPath,
      port,
      detached: false,
      settings: options.settings ?? volatile,
      args: options.args ?? [],
      ...(password === undefined ? {} : { password }),
    });
    child.unref();
    child.on('error', () => {});
    for (;;) {
      const greeting = await greet(urlOf(port), { timeoutMs: 2_000 });
      const isRunning = child.exitCode === null && child.signalCode === null;
      if ('redis' in greeting) hangUp(greeting.redis);
      if ('redis' in greeting && isRunning) return child;
      if (!isRunning) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  // A port that was free when asked for may be taken by the time the server binds it.
  let port = options.port ?? (await freePort());
  let child = await start(port);
  for (let attempt = 1; child === undefined && options.port === undefined && attempt < 5; attempt += 1) {
    port = await freePort();
    child = await start(port);
  }
  if (child === undefined) {
    throw new Error(`the test Redis did not start on port ${port}: ${await readFile(logPath, 'utf8')}`);
  }
  let running = child;

  const end = async (signal: NodeJS.Signals) => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    running.ref();
    const exited = once(running, 'exit');
    // A frozen process takes only SIGKILL.
    running.kill('SIGCONT');
    running.kill(signal);
    await exited;
  };
  const onExit = () => {
    running.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', onExit);

  const server = {
    url: urlOf(port),
    port,
    dir,
    pid: () => running.pid ?? 0,
    kill: () => end('SIGKILL'),
    freeze: () => void running.kill('SIGSTOP'),
    thaw: () => void running.kill('SIGCONT'),
    restart: async () => {
      await end('SIGTERM');
      const again = await start(port);
      if (again === undefined)
        throw new Error(`the test Redis did not start again: ${await readFile(logPath, 'utf8')}`);
      running = again;
    },
  };
  return stoppable(server, async () => {
    await end('SIGKILL');
    process.off('exit', onExit);
    rmSync(dir, { recursive: true, force: true });
  });
}
