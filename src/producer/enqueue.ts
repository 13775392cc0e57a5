import type { SlotRange } from '../shared/factory/slot-claims.ts';
import type { Results } from '../shared/transactions/results.ts';
import type { JobQueue, JobTemplate } from './job-queue.ts';
import type { PlannedPopulation } from './plan-population.ts';
import { type Shard, shardsOf } from './shards.ts';

export interface EnqueueOptions {
  readonly queue: JobQueue;
  readonly results: Results;
  /** 0: adapts to the population. */
  readonly shardSize: number;
  /** A state travels in the jobs while all its copies together are no larger than this. */
  readonly inlineStateBytes: number;
  /** The slots that are wanted: no job goes beyond them. */
  readonly wanted: SlotRange;
}

/**
 * Enqueues the shards of a population that have open slots among the wanted ones, and returns how many those are.
 *
 * This is also the reconciler: job ids are deterministic, so that shards which are waiting or being worked on are not
 * added twice, and those whose job failed or vanished are added again. May be called at any time, by anybody.
 */
export async function enqueueOpenShards(
  planned: PlannedPopulation,
  { queue, results, shardSize, inlineStateBytes, wanted }: EnqueueOptions,
): Promise<{ shards: number; openSlots: number }> {
  const isOpen = await results.open(wanted);
  const open: Shard[] = [];
  let total = 0;
  let openSlots = 0;
  for (const shard of shardsOf(planned.extents, shardSize)) {
    total += 1;
    const from = Math.max(shard[0], wanted.from);
    const to = Math.min(shard[1], wanted.to);
    let openHere = 0;
    for (let slot = from; slot < to; slot += 1) if (isOpen(slot)) openHere += 1;
    if (openHere > 0) open.push([from, to]);
    openSlots += openHere;
  }
  const template: JobTemplate = {
    simulation: planned.simulation,
    population: planned.population,
    stateDigest: planned.stateDigest,
    // All shards count, not only the open ones, so that a shard's job is the same whenever it is added.
    ...(Buffer.byteLength(planned.state) * total <= inlineStateBytes ? { state: planned.state } : {}),
  };
  await queue.removeFailed(planned);
  await queue.add(template, open);
  return { shards: open.length, openSlots };
}
