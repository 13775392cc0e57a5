import { spawn } from 'node:child_process';

/** What the part takes from the machine; by default, the environment and the user of this process. */
export type Machine = { env?: NodeJS.ProcessEnv; isRoot?: boolean };

/** Runs a command with no input, its output appended to `logFd` or dropped; resolves with whether it exited with 0. */
export function runQuietly(
  command: string,
  args: readonly string[],
  options: Machine & { logFd?: number; timeoutMs: number },
): Promise<boolean> {
  return new Promise((resolve) => {
    const output = options.logFd ?? 'ignore';
    const child = spawn(command, args, {
      stdio: ['ignore', output, output],
      // Not spawn's own timeout: its timer outlives a command that is not there and keeps the process alive.
      signal: AbortSignal.timeout(options.timeoutMs),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}
