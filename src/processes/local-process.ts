import { type ChildProcess, spawn } from 'node:child_process';
import { ExitCode, UserError } from '../shared/errors.ts';
import { type Stoppable, stoppable, unlessAborted, withDeadline } from '../shared/lifecycle.ts';
import type { ProcessOutput } from './process-output.ts';

/** Redis that is loading, and a busy machine, included. */
const READY_WITHIN_MS = 60_000;
/** For the end of what a process wrote: something that it started may hold its output open. */
const QUOTE_WITHIN_MS = 1_000;

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
 * order. The channel between them is the leash: a child whose parent dies stops by itself. `stop()` sends SIGTERM and, after
 * `killAfterMs`, SIGKILL. When it ends before it is ready: UserError with the last line that it wrote and its exit code, 1 for one
 * that is not documented. One that says nothing for `readyWithinMs` is ended in the same way, and so is one that is not ready when
 * the signal aborts; then it rejects too, once the child is gone.
 */
export async function startLocalProcess(options: {
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  output: ProcessOutput;
  killAfterMs: number;
  /** Only until it is ready; later there is `stop()`. */
  signal?: AbortSignal;
  readyWithinMs?: number;
}): Promise<LocalProcess> {
  const { program, args, env, output, killAfterMs, readyWithinMs = READY_WITHIN_MS } = options;
  const { signal: giveUp = new AbortController().signal } = options;
  giveUp.throwIfAborted();
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env: { ...env },
    stdio: ['ignore', output.stdout, output.stderr, 'ipc'],
    detached: true,
  });
  output.onSpawned(child);

  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    // Not only once: without a listener, a further one would end this process.
    child.on('error', () => resolve({ code: null, signal: null }));
  });
  const stop = () => stopChild(child, ended, killAfterMs);
  const what = args[0] ?? program;
  const quote = async () => {
    const said = await withDeadline(output.lastLine(), QUOTE_WITHIN_MS, 'not in time').catch(() => '');
    return { said, where: output.where === '' ? '' : ` (${output.where})` };
  };
  const answer = new Promise<ReadyMessage>((resolve, reject) => {
    child.once('message', (message) => resolve(message as ReadyMessage));
    ended.then(async ({ code, signal }) => {
      const { said, where } = await quote();
      const how = said === '' ? (signal ?? `exit code ${code}`) : said;
      reject(
        new UserError(`${what} ended before it was ready: ${how}${where}`, { exitCode: documented(code) }),
      );
    });
  });
  const isLate = AbortSignal.timeout(readyWithinMs);
  const ready = await unlessAborted(answer, AbortSignal.any([giveUp, isLate]));
  if (ready === undefined) {
    await stop();
    giveUp.throwIfAborted();
    const { said, where } = await quote();
    const last = said === '' ? '' : `: ${said}`;
    throw new UserError(
      `${what} was not ready within ${readyWithinMs / 1_000} s, and was ended${last}${where}`,
      { exitCode: ExitCode.unexpected },
    );
  }
  output.onReady();
  return stoppable({ pid: child.pid ?? -1, ready, ended }, stop);
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
