import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, UserError } from '../shared/errors.ts';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';

const LOG_TAIL_BYTES = 16_384;

/** How this program begins the one line that it ends with. */
const MESSAGE_PREFIX = 'persona-fleet: ';

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
 * file, never to the terminal. `stop()` sends SIGTERM and, after `killAfterMs`, SIGKILL. When it ends before it is
 * ready: UserError with the last line of its log and its exit code, 1 for one that is not documented.
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
  const { size: logStart } = fstatSync(log);
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
    ended.then(async ({ code, signal }) => {
      const said = await lastLine(logFile, logStart).catch(() => '');
      const how = said === '' ? (signal ?? `exit code ${code}`) : said;
      reject(
        new UserError(`${args[0]} ended before it was ready: ${how} (its log is ${logFile})`, {
          exitCode: documented(code),
        }),
      );
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

/** A child that ended well before it was ready did not do what it was started for. */
function documented(code: number | null): ExitCode {
  const known = Object.values(ExitCode).find((exitCode) => exitCode === code);
  return known === undefined || known === ExitCode.ok ? ExitCode.unexpected : known;
}

/** The last line since `start`; the command's own message where there is one, because a stack may follow it. */
async function lastLine(logFile: string, start: number): Promise<string> {
  await using log = await open(logFile, 'r');
  const { size } = await log.stat();
  const from = Math.max(start, size - LOG_TAIL_BYTES);
  const { buffer, bytesRead } = await log.read(Buffer.alloc(size - from), { position: from });
  const lines = buffer
    .toString('utf8', 0, bytesRead)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.findLast((each) => each.startsWith(MESSAGE_PREFIX)) ?? lines.at(-1) ?? '';
  return line.startsWith(MESSAGE_PREFIX) ? line.slice(MESSAGE_PREFIX.length) : line;
}
