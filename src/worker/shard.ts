import type { LimitFunction } from 'p-limit';
import type { SlotTransactions } from '../shared/transactions/slot-transactions.ts';
import type { SlotOutcome } from './slot-dependencies.ts';

export interface ShardResult {
  readonly committed: number;
  readonly replayed: number;
  readonly failed: number;
  readonly left: number;
}

/**
 * Runs the open slots of a shard, as many at once as the process-wide limit lets through; shards queue for it in the
 * order in which they came.
 *
 * Slots that are settled already cost nothing but their share of one round trip. When the signal aborts, slots that
 * have not begun are left open. Rejects, after all slots have ended, with the first slot's error if any rejected.
 */
export async function generateShard(options: {
  from: number;
  to: number;
  transactions: SlotTransactions;
  limit: LimitFunction;
  /** No further slot begins once it aborts. */
  stopping: AbortSignal;
  generate: (slot: number) => Promise<SlotOutcome>;
}): Promise<ShardResult> {
  const { from, to, transactions, limit, stopping, generate } = options;
  const open = await transactions.openSlots(from, to);
  const settled = await Promise.allSettled(
    open.map((slot) => limit(async (): Promise<SlotOutcome> => (stopping.aborted ? 'left' : generate(slot)))),
  );
  const count = { committed: 0, replayed: to - from - open.length, failed: 0, left: 0 };
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason;
    count[result.value] += 1;
  }
  return count;
}
