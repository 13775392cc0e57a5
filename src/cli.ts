import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import type { CommandContext } from './cli/context.ts';
import { buildProgram } from './cli/program.ts';
import { ExitCode, explain, UserError } from './shared/errors.ts';
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
// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.ok);
});

const context: CommandContext = {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
  program: fileURLToPath(import.meta.url),
  parent:
    process.send === undefined
      ? undefined
      : {
          send: (message) => process.send?.(message),
          onGone: (listener) => {
            process.once('disconnect', listener);
          },
        },
};

try {
  process.exitCode = ExitCode.ok;
  await buildProgram(context, (exitCode) => {
    process.exitCode = exitCode;
  }).parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
// Whatever still holds the event loop (a connection that retries) must not keep a finished command alive.
process.exit();

function reportError(error: unknown): ExitCode {
  // commander has printed its own message; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.badInput;
  const message = error instanceof UserError ? error.message : `unexpected: ${explain(error)}`;
  process.stderr.write(`persona-fleet: ${withoutSecrets(message)}\n`);
  if (process.env.PERSONA_FLEET_LOG_LEVEL === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  return error instanceof UserError ? error.exitCode : ExitCode.unexpected;
}
