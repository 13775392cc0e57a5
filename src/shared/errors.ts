/**
 * Errors are the vocabulary between the parts: one class per reaction, not one per cause.
 *
 * Two families. `UserError` ends a command with one line and a documented exit code. `ModelCallError` tells
 * the worker what to do with the slot after a failed model call. Only `worker/bull-worker.ts` translates
 * anything into BullMQ's own errors.
 */

/** The process exit codes that the README documents. */
export const ExitCode = {
  ok: 0,
  /** A fault of this program. */
  unexpected: 1,
  badInput: 2,
  failedSlots: 3,
  paused: 4,
  redis: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Something the person at the keyboard can mend. The message says what was expected, what came, where, what to do. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: ExitCode;

  constructor(message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? ExitCode.badInput;
  }
}

/** Redis is missing, unreachable, or configured so that it could lose or refuse results. Exit code 5. */
export class RedisUnavailableError extends UserError {
  override readonly name = 'RedisUnavailableError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: ExitCode.redis });
  }
}

/** What the failure of one model call does: to the call, the slot or the whole population. */
export const Reaction = {
  /** Try the slot again after a backoff; an attempt is spent. */
  retry: 'retry',
  /** The provider asked for time: wait, then try again; no attempt is spent. */
  wait: 'wait',
  /** No call can succeed until a person acts (quota, credentials): pause and say why. */
  pause: 'pause',
  /** This slot cannot succeed (refusal, bad request): record the reason and go on with the others. */
  giveUp: 'give-up',
} as const;
export type Reaction = (typeof Reaction)[keyof typeof Reaction];

/**
 * A model call that produced no usable person.
 *
 * `reason` is a short code from a closed set (a metrics label and the failure's key in `status`), never the
 * provider's text. `retryAfterMs` is a floor for the next call, where the provider gave one.
 */
export class ModelCallError extends Error {
  override readonly name = 'ModelCallError';
  readonly reaction: Reaction;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { reaction: Reaction; reason: string; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.reaction = options.reaction;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** One line for a person: the messages of an error and its causes, without stacks. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(explain).join('; ');
  const message = error.message || error.name;
  const cause = error.cause === undefined ? '' : explain(error.cause);
  return cause === '' || message.includes(cause) ? message : `${message}: ${cause}`;
}
