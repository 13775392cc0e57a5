import { delay, unlessAborted } from '../shared/lifecycle.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';

/**
 * Watches a population until it ends, by the fleet's own counters. Worker events are no ledger: one can be lost while
 * its work was committed.
 *
 * Resolves with the last status when the slots are settled, when the population is paused or cancelled, or when the signal
 * aborts. `reconcile` is called whenever the counters have not moved for `reconcileAfterMs`, so that slots which no job
 * will finish (a failed job, a flushed queue) are enqueued again. Rejects when one of the functions it is given
 * does.
 */
export async function followPopulation(options: {
  status: () => Promise<PopulationStatus>;
  /** Whether the slots somebody waits for are settled, where they are not all of them. */
  settledEarly: (status: PopulationStatus) => Promise<boolean>;
  reconcile: () => Promise<unknown>;
  onUpdate: (status: PopulationStatus) => void;
  pollMs: number;
  reconcileAfterMs: number;
  now: () => number;
  signal: AbortSignal;
}): Promise<PopulationStatus> {
  const { status, settledEarly, reconcile, onUpdate, pollMs, reconcileAfterMs, now, signal } = options;
  let settledBefore = -1;
  let movedAtMs = now();
  let current = await status();
  for (;;) {
    onUpdate(current);
    if (isAtRest(current) || signal.aborted || (await unlessAborted(settledEarly(current), signal)))
      return current;
    const settled = current.committed + current.failed;
    if (settled !== settledBefore) {
      settledBefore = settled;
      movedAtMs = now();
    } else if (now() - movedAtMs >= reconcileAfterMs) {
      movedAtMs = now();
      await unlessAborted(reconcile(), signal);
    }
    await delay(pollMs, signal);
    // Redis may be gone, and whoever stops must not have to wait until it is back.
    current = (await unlessAborted(status(), signal)) ?? current;
  }
}

/** Nothing will change unless a person asks for it. */
export function isAtRest({ state, committed, failed, size }: PopulationStatus): boolean {
  return (
    committed + failed >= size || state === PopulationState.paused || state === PopulationState.cancelled
  );
}
