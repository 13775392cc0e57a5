import { delay } from '../../shared/lifecycle.ts';
import type { Outbox } from '../../shared/transactions/outbox.ts';
import { OutboxLostError } from './lease.ts';
import { type OutboxWriterOptions, openOutboxWriter } from './outbox-writer.ts';
import { interrupted, untilGivenUp } from './until-given-up.ts';

/** From the wish to stop until an answer of Redis is no longer waited for. */
const FLUSH_WITHIN_MS = 3_000;
/** What was lost may be lost again at once. */
const LOOK_AGAIN_AFTER_MS = 250;

export interface PruneOptions extends Omit<OutboxWriterOptions, 'outbox' | 'onConfirmed'> {
  /**
   * A way to the outbox whose holder nobody else is or was, this process earlier included: a prune whose reply was not waited
   * for may reach Redis after the file was looked at afresh.
   */
  readonly newOutbox: () => Outbox;
  /** Whether the pass that is about to begin is the last one. */
  readonly isLast: () => boolean;
  /** Resolves when it is time for the next pass. */
  readonly untilNext: () => Promise<void>;
}

/**
 * Appends the committed people of a population to a file, and takes each out of Redis once its line is durably there, pass after
 * pass. Returns how many lines were confirmed.
 *
 * The outbox pattern, by offset. A pass appends the new lines in slot order, syncs the file, and then prunes bucket by bucket,
 * each with the offset after its last line: one script takes the results out and moves the offset. Whatever dies when, a person
 * is in Redis or in the confirmed part of the file, never in both or neither: what follows the confirmed part is cut off at the
 * start, since it is still in Redis, and written again. Lines are in slot order within a pass, not in the whole file.
 *
 * One process at a time, by a lease. One that was stopped for longer prunes nothing, as the script looks at the lease, and
 * knows by its clocks not to write. What remains: stopped exactly between that look and its write, it appends lines behind all
 * confirmed ones. Whoever holds the lease finds the file longer than it was left at the next pass, and cuts them off; when
 * nobody does, the next run of the same command will. And a process that is stopped between the two calls of
 * `OutboxFile.cutBack`, which nothing separates, would cut what others have written since.
 *
 * Redis may be away (with a patient connection), come back without its last second, or be restored: file and results are then
 * brought together from what Redis says, as at the start. When the signal aborts, what is written is confirmed, where Redis
 * answers within 3 s, and it returns.
 *
 * A pass costs 2 round trips (one reads an eighth of a byte a slot), and for each bucket of 1,024 slots that has new people 1
 * for their lines and 1, shared with others, for the pruning: hundredths of a round trip a person at 1,000 people a second.
 *
 * Throws UserError as `takeOutbox` does, and for a file that cannot be written to: then nothing is lost, and the file is cut
 * back to its confirmed part where it still can be. With exit code 130 when it was told to stop and Redis did not answer.
 */
export async function prunePeople(options: PruneOptions): Promise<{ people: number }> {
  const { signal } = options;
  const givenUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => givenUp.abort(), FLUSH_WITHIN_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await pruneInPasses(options, givenUp.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

async function pruneInPasses(options: PruneOptions, givenUp: AbortSignal): Promise<{ people: number }> {
  const { newOutbox, results, isLast, untilNext, signal, say } = options;
  let people = 0;
  const onConfirmed = (confirmed: number) => {
    people += confirmed;
  };
  for (;;) {
    try {
      const ways = untilGivenUp({ outbox: newOutbox(), results }, givenUp);
      await using writer = await openOutboxWriter({ ...options, ...ways, onConfirmed });
      for (;;) {
        const last = isLast();
        await writer.pass();
        if (last || signal.aborted) return { people };
        await untilNext();
      }
    } catch (error) {
      if (!(error instanceof OutboxLostError)) throw error;
      if (signal.aborted) throw interrupted();
      say(`${error.message}: looking at Redis and the file afresh`);
      // Not `untilNext`, which waits no more once the population is at rest.
      await delay(LOOK_AGAIN_AFTER_MS, signal);
    }
  }
}
