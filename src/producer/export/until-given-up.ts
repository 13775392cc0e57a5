import { ExitCode, UserError } from '../../shared/errors.ts';
import { unlessAborted } from '../../shared/lifecycle.ts';
import type { Outbox } from '../../shared/transactions/outbox.ts';
import type { StoredResults } from '../../shared/transactions/stored-results.ts';

/** Ways to Redis whose answers are waited for only until the signal aborts: then each call rejects, with exit code 130. */
export function untilGivenUp(
  { outbox, results }: { readonly outbox: Outbox; readonly results: StoredResults },
  signal: AbortSignal,
): { readonly outbox: Outbox; readonly results: StoredResults } {
  async function answer<T>(promise: Promise<T>): Promise<T> {
    const answered = await unlessAborted(promise, signal);
    if (answered === undefined) throw interrupted();
    return answered;
  }
  return {
    outbox: {
      record: () => answer(outbox.record()),
      open: (claim) => answer(outbox.open(claim)),
      renew: () => answer(outbox.renew()),
      prune: (lines) => answer(outbox.prune(lines)),
      close: outbox.close,
    },
    results: {
      committedBits: () => answer(results.committedBits()),
      storedSlots: (bucket) => answer(results.storedSlots(bucket)),
      payloads: (slots) => answer(results.payloads(slots)),
    },
  };
}

export function interrupted(): UserError {
  return new UserError('interrupted: who is not in the file yet is in Redis', {
    exitCode: ExitCode.interrupted,
  });
}
