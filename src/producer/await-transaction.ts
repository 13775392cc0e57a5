import { ExitCode, UserError } from '../shared/errors.ts';
import { delay, unlessAborted } from '../shared/lifecycle.ts';
import type { CallTransactions, TransactionFailure } from '../shared/transactions/call-transactions.ts';
import type { TransactionalCache } from '../shared/transactions/transactional.ts';

export interface Waiting {
  readonly signal: AbortSignal;
  /** Called once, and awaited, when the answer is not there, before its job is enqueued. What it throws ends the waiting. */
  readonly beforeAsking?: (() => unknown) | undefined;
  /** Called once, and awaited, when the answer is not there and its job is enqueued: the moment to start workers. */
  readonly onWait?: (() => unknown) | undefined;
  /** Called several times a second while the answer is waited for. */
  readonly onLook?: (() => void) | undefined;
}

const RECONCILE_FIRST_MS = 1_000;

/**
 * The result of a transaction that a worker brings about. It is there at once when anybody has asked before; else its job is
 * enqueued, and the store watched until there is a result or a failure. A failure of an earlier request is forgotten first.
 *
 * Worker events are not waited for: one may be lost. The job is added again, seldomer each time, while nothing is stored, in
 * case it failed or vanished; that changes nothing while there is one. Rejects with UserError: exit code 3 for a result that
 * cannot be had, 4 when a person must act first (quota, credentials), 130 when the signal aborts. Asking again tries again.
 */
export async function awaitTransaction(
  options: Waiting & {
    /** Of the message, such as the operation's name. */
    readonly what: string;
    readonly eventKey: string;
    readonly cache: TransactionalCache;
    readonly transactions: Pick<CallTransactions, 'failure' | 'clearFailure'>;
    /** Adds the job unless there is one. */
    readonly enqueue: () => Promise<unknown>;
    readonly pollMs: number;
    readonly reconcileMaxMs: number;
    readonly now: () => number;
  },
): Promise<unknown> {
  const { what, eventKey, cache, transactions, enqueue, beforeAsking, onWait, onLook } = options;
  const { pollMs, reconcileMaxMs, now, signal } = options;
  // Redis may be gone, and whoever stops must not have to wait until it is back.
  const untilStopped = async <T>(promise: Promise<T>): Promise<T> => {
    const done = await unlessAborted(
      promise.then((value) => ({ value })),
      signal,
    );
    if (done !== undefined) return done.value;
    throw new UserError(`interrupted while waiting for ${what}; run it again to go on`, {
      exitCode: ExitCode.interrupted,
    });
  };

  const stored = await untilStopped(cache.ask(eventKey));
  if (stored !== undefined) return stored;
  await beforeAsking?.();
  await untilStopped(transactions.clearFailure(eventKey));
  await untilStopped(enqueue());
  await onWait?.();

  let reconcileAfterMs = Math.min(RECONCILE_FIRST_MS, reconcileMaxMs);
  let enqueuedAtMs = now();
  for (;;) {
    const [result, failure] = await untilStopped(
      Promise.all([cache.peek(eventKey), transactions.failure(eventKey)]),
    );
    if (result !== undefined) return result;
    onLook?.();
    if (failure !== undefined) throw describeFailure(what, failure);
    if (now() - enqueuedAtMs >= reconcileAfterMs) {
      // A full Redis refuses the job; it is tried again at the next look.
      await untilStopped(Promise.resolve(enqueue()).catch(() => {}));
      enqueuedAtMs = now();
      reconcileAfterMs = Math.min(2 * reconcileAfterMs, reconcileMaxMs);
    }
    await delay(pollMs, signal);
  }
}

function describeFailure(what: string, { reason, message, attempts, paused }: TransactionFailure): UserError {
  if (paused) {
    return new UserError(`${what} is paused: ${message}. Mend that and run it again`, {
      exitCode: ExitCode.paused,
    });
  }
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  return new UserError(
    `${what} failed after ${tries} (${reason}): ${message}. Run it again to have it tried again`,
    { exitCode: ExitCode.failedSlots },
  );
}
