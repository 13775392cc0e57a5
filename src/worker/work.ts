import type { LimitFunction } from 'p-limit';
import { UserError } from '../shared/errors.ts';
import type { JobData, JobResult } from '../shared/jobs.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import type { PauseReason, Populations } from '../shared/transactions/populations.ts';
import type { SlotTransactions } from '../shared/transactions/slot-transactions.ts';
import { JobReturnedError } from './bull-worker.ts';
import type { DecodedPopulation } from './decoded-populations.ts';
import { generateShard } from './shard.ts';
import type { SlotOutcome } from './slot-dependencies.ts';

export interface WorkDependencies {
  readonly data: JobData;
  readonly store: Populations;
  readonly transactions: SlotTransactions;
  readonly decode: () => Promise<DecodedPopulation>;
  readonly generate: (slot: number, population: DecodedPopulation) => Promise<SlotOutcome>;
  readonly pause: (why: PauseReason) => Promise<unknown>;
  readonly limit: LimitFunction;
  readonly metrics: Pick<WorkerMetrics, 'transactions'>;
  readonly lockLost: AbortSignal;
  readonly draining: AbortSignal;
}

/** What the factory state says cannot be done by any worker of this release. */
const UNREADABLE_STATE = 'unreadable_state';

/**
 * Does one job: runs the open slots of its shard until none is open, or none may be run.
 *
 * Looks again before it ends: while the job runs, its id keeps anybody from enqueuing the shard a second time, so slots that
 * were opened meanwhile (a retry, a cancellation taken back, a fresh start) would otherwise be nobody's. Throws
 * JobReturnedError when the process is stopping and slots are left. What only a person can mend (a state that cannot be
 * decoded, an unknown locale) pauses the population with the reason, as no worker will ever do such a job.
 */
export async function work(dependencies: WorkDependencies): Promise<JobResult> {
  const { data, store, transactions, decode, generate, pause, limit, metrics, lockLost, draining } =
    dependencies;
  const [from, to] = data.slots;
  const total = { committed: 0, replayed: 0, failed: 0, left: to - from };
  try {
    const population = await decode();
    let open = await transactions.openSlots(from, to);
    metrics.transactions.inc({ kind: 'slot', outcome: 'hit' }, to - from - open.length);
    metrics.transactions.inc({ kind: 'slot', outcome: 'miss' }, open.length);
    for (;;) {
      const result = await generateShard({
        open,
        limit,
        stopping: AbortSignal.any([lockLost, draining]),
        generate: (slot) => generate(slot, population),
      });
      total.committed += result.committed;
      total.failed += result.failed;
      if (lockLost.aborted) throw new Error('the lock was lost; another worker goes on with this job');
      open = await transactions.openSlots(from, to);
      total.left = open.length;
      total.replayed = to - from - total.committed - total.failed - total.left;
      if (open.length === 0) return total;
      if (draining.aborted) throw new JobReturnedError();
      if (!(await store.isUnderWay(data.population))) return total;
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await pause({ code: UNREADABLE_STATE, message: error.message });
    return total;
  }
}
