import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import type { CommandContext } from './cli/context.ts';
import { describeError, describeStdoutError, type ErrorReport } from './cli/describe-error.ts';
import { buildProgram } from './cli/program.ts';
import { ExitCode } from './shared/errors.ts';
import { withoutSecrets } from './shared/telemetry/logger.ts';

/**
 * The command line's entry: the only file that touches the process. Every error ends in one line and a documented
 * exit code; a stack trace is shown only with PERSONA_FLEET_LOG_LEVEL=debug.
 */
const stopping = new AbortController();
/** Ctrl-C and a launcher may deliver one wish twice; a second one after this long is a second wish. */
const SAME_SIGNAL_MS = 1_000;
let firstSignalAt = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) firstSignalAt = Date.now();
    else if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) process.exit(ExitCode.interrupted);
    stopping.abort();
  });
}
// The command ends the normal way, so that what it opened (a private Redis) is given back; see `finish`.
let stdoutError: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  stdoutError ??= error;
  stopping.abort();
});
// Nobody is left to tell; without a listener the process would end here and now.
process.stderr.on('error', () => {});

const context: CommandContext = {
  env: process.env,
  // A getter: to look at it opens it, and most commands ask nothing.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
  program: fileURLToPath(import.meta.url),
  parent: parentChannel(),
};

let exitCode: ExitCode = ExitCode.ok;
let failure: unknown;
try {
  await buildProgram(context, (code) => {
    exitCode = code;
  }).parseAsync();
} catch (error) {
  failure = error;
}
// Whatever still holds the event loop (a connection that retries) must not keep a finished command alive.
process.exit(await finish());

/** A parent may be gone before a command asks, even before this file is loaded, and it never says so again. */
function parentChannel(): CommandContext['parent'] {
  if (process.send === undefined) return undefined;
  const gone = new Promise<void>((resolve) => {
    if (!process.connected) resolve();
    else process.once('disconnect', resolve);
  });
  return {
    // With a callback, a parent that is gone is no `error` event, which would end this process: `onGone` tells.
    send: (message) => process.send?.(message, undefined, undefined, () => {}),
    onGone: (listener) => void gone.then(listener),
  };
}

/** A broken stdout is known only when everything is written, and explains whatever failed after it. */
async function finish(): Promise<ExitCode> {
  await new Promise((resolve) => process.stdout.write('', () => setImmediate(resolve)));
  if (stdoutError !== undefined) {
    const broken = describeStdoutError(stdoutError);
    return broken === undefined ? ExitCode.ok : report(broken, stdoutError);
  }
  if (failure === undefined) return exitCode;
  // commander has printed its own message; help and version are no errors.
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? ExitCode.ok : ExitCode.badInput;
  return report(describeError(failure), failure);
}

function report({ message, exitCode }: ErrorReport, error: unknown): ExitCode {
  process.stderr.write(`persona-fleet: ${withoutSecrets(message)}\n`);
  if (process.env.PERSONA_FLEET_LOG_LEVEL === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  return exitCode;
}
