import type { LimitFunction } from 'p-limit';
import type { SlotOutcome } from './slot-dependencies.ts';

/** How many of the slots ended how. */
export type ShardResult = Readonly<Record<SlotOutcome, number>>;

/**
 * Runs open slots of a shard, as many at once as the process-wide limit lets through; shards queue for it in the order in
 * which they came.
 *
 * When the signal aborts, slots that have not begun are left open. Rejects, after all slots have ended, with the first slot's
 * error if any rejected.
 */
export async function generateShard(options: {
  open: readonly number[];
  limit: LimitFunction;
  /** No further slot begins once it aborts. */
  stopping: AbortSignal;
  generate: (slot: number) => Promise<SlotOutcome>;
}): Promise<ShardResult> {
  const { open, limit, stopping, generate } = options;
  const settled = await Promise.allSettled(
    open.map((slot) => limit(async (): Promise<SlotOutcome> => (stopping.aborted ? 'left' : generate(slot)))),
  );
  const count = { committed: 0, replayed: 0, failed: 0, left: 0 };
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason;
    count[result.value] += 1;
  }
  return count;
}
