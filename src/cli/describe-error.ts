import { whyUnwritable } from '../producer/export/write-errors.ts';
import { ExitCode, explain, UserError } from '../shared/errors.ts';

export interface ErrorReport {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** The one line, and the exit code, that a command ends with. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof UserError) return error;
  const message = explain(error);
  // Redis' own words; scripts and queues wrap them in theirs.
  if (message.includes('OOM command not allowed')) {
    return {
      message: 'Redis is full (maxmemory): raise maxmemory or remove populations; nothing was lost',
      exitCode: ExitCode.redis,
    };
  }
  return { message: `unexpected: ${message}`, exitCode: ExitCode.unexpected };
}

/** What a failed stdout means; undefined when its reader had merely seen enough (`| head`), which is no error. */
export function describeStdoutError(error: NodeJS.ErrnoException): ErrorReport | undefined {
  if (error.code === 'EPIPE') return undefined;
  return {
    message: `cannot write to stdout: ${whyUnwritable(error) ?? error.message}`,
    exitCode: ExitCode.badInput,
  };
}
