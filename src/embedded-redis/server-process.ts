import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Machine } from './run-quietly.ts';

/** Settings of redis.conf, in order; a name may repeat. */
export type ServerSettings = readonly (readonly [name: string, value: string])[];

/**
 * What keeps acknowledged commits over a crash of the machine and never drops a key. `save ""`: the append-only
 * file alone is the truth. A tail torn by a power cut is cut off by Redis itself and said in its log.
 */
export const durable: ServerSettings = [
  ['save', '""'],
  ['appendonly', 'yes'],
  ['appendfsync', 'always'],
  ['aof-load-truncated', 'yes'],
  ['maxmemory-policy', 'noeviction'],
];

/**
 * Starts a server on 127.0.0.1 with `dir` as working and data directory, its output appended to `logPath`.
 *
 * The settings, the password among them, go through standard input: a command line is readable by every user.
 * `detached` puts the server into a session of its own, so that Ctrl-C in the terminal does not stop it before
 * the workers have drained. The caller owns the child; an unusable command shows as its `error` event.
 */
export function spawnServer(
  options: Machine & {
    command: string;
    dir: string;
    logPath: string;
    port: number;
    password?: string;
    detached: boolean;
    settings: ServerSettings;
    args?: readonly string[];
  },
): ChildProcess {
  const lines = [
    ['bind', '127.0.0.1'],
    ['port', String(options.port)],
    ['protected-mode', 'yes'],
    ['daemonize', 'no'],
    ['dir', './'],
    ...(options.password === undefined ? [] : [['requirepass', options.password]]),
    ...options.settings,
  ];
  const logFd = openSync(options.logPath, 'a', 0o600);
  try {
    const child = spawn(options.command, ['-', ...(options.args ?? [])], {
      cwd: options.dir,
      detached: options.detached,
      stdio: ['pipe', logFd, logFd],
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    // A server that dies at once closes the pipe under our write; its exit is what the caller watches.
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${lines.map((line) => line.join(' ')).join('\n')}\n`);
    return child;
  } finally {
    closeSync(logFd);
  }
}

/** A loopback port that was free a moment ago; somebody may take it before the caller does. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('a TCP server has no port'));
        else resolve(address.port);
      });
    });
  });
}
