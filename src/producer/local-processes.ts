import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';

/** What a started process said when it was ready (`process.send`). */
export type ReadyMessage = Readonly<Record<string, unknown>>;

export interface LocalProcess extends Stoppable {
  readonly pid: number;
  readonly ready: ReadyMessage;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts this program again with other arguments, and waits for its ready message.
 *
 * The child is its own process group, so that a terminal's Ctrl-C reaches the parent alone, which then stops the children in
 * order. The channel between them is the leash: a child whose parent dies stops by itself. Its output goes to a log
 * file, never to the terminal. `stop()` sends SIGTERM and, after `killAfterMs`, SIGKILL. Rejects when it ends before
 * it is ready, with the last line of its log.
 */
export async function startLocalProcess(options: {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  logDir: string;
  logName: string;
  killAfterMs: number;
}): Promise<LocalProcess> {
  const { program, args, env, logDir, logName, killAfterMs } = options;
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, logName);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env: { ...env },
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);

  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const ready = await new Promise<ReadyMessage>((resolve, reject) => {
    child.once('message', (message) => resolve(message as ReadyMessage));
    ended.then(({ code, signal }) => {
      reject(new Error(`${args[0]} ended (${signal ?? code}) before it was ready; its log is ${logFile}`));
    });
  });
  return stoppable({ pid: child.pid ?? -1, ready, ended }, () => stopChild(child, ended, killAfterMs));
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>, killAfterMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  await ended;
  clearTimeout(kill);
}
