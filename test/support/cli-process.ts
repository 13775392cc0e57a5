import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testRedisUrl } from './redis.ts';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export interface CliProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** The environment of a fleet under test: nothing from the outside, short locks, its own keys. */
export async function fleetEnv(
  prefix: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    REDIS_URL: await testRedisUrl(),
    PERSONA_FLEET_PREFIX: prefix,
    PERSONA_FLEET_CONCURRENCY: '8',
    PERSONA_FLEET_LOCK_DURATION_MS: '1000',
    PERSONA_FLEET_STALLED_INTERVAL_MS: '300',
    PERSONA_FLEET_BACKOFF_BASE_MS: '5',
    PERSONA_FLEET_BACKOFF_MAX_MS: '20',
    PERSONA_FLEET_MODEL_TIMEOUT_MS: '2000',
    PERSONA_FLEET_SHUTDOWN_GRACE_MS: '2000',
    PERSONA_FLEET_ASK_ABOVE_USD: '1000000',
    ...more,
  };
}

/** Starts the command line as its own process; killed when the test ends, in case the test did not. */
export function startCli(
  t: TestContext,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd?: string },
): CliProcess {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    pid: child.pid ?? -1,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => {
      child.kill(signal);
    },
    ended,
  };
}

/** Runs a command to its end. */
export async function runCli(
  t: TestContext,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd?: string },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const cli = startCli(t, args, options);
  const { code } = await cli.ended;
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}
