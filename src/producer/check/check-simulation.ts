import type { Keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis.ts';
import { createPopulations, type PopulationStatus } from '../../shared/transactions/populations.ts';
import { bitAt } from '../../shared/transactions/slot-transactions.ts';
import { checkCounts } from './check-counts.ts';
import { checkNames } from './check-names.ts';
import { checkResults } from './check-results.ts';
import type { CheckedPopulation, CheckedSimulation } from './checked-simulation.ts';
import type { Divergence } from './divergence.ts';

/**
 * Looks whether results, names, bitmaps, counters and states of a simulation agree (I1 to I4), and yields what does not.
 * Changes nothing.
 *
 * For a simulation at rest, after a failover or a restored copy: of one that is being generated, what moves between two reads
 * shows as a divergence too. What a failover took away altogether cannot be seen here, since nothing is left of it: a file
 * that was exported before shows it (`compare-file.ts`).
 *
 * Reads everything once, results a bucket of 1,024 at a time.
 */
export async function* checkSimulation(
  redis: Redis,
  keys: Keys,
  simulation: string,
): AsyncGenerator<Divergence> {
  const store = createPopulations(redis, keys, simulation);
  const populations = new Map<string, CheckedPopulation>();
  for (const id of await store.ids()) {
    const status = await store.status(id);
    if (status !== undefined) populations.set(id, await readBits(redis, keys, status));
  }
  const checked: CheckedSimulation = { redis, keys, simulation, populations };
  yield* checkNames(checked);
  for (const population of populations.values()) {
    yield* checkCounts(checked, population);
    yield* checkResults(checked, population);
  }
}

async function readBits(redis: Redis, keys: Keys, status: PopulationStatus): Promise<CheckedPopulation> {
  const key = keys.simulation(status.simulation).population(status.population);
  const [committed, failed] = await Promise.all([
    redis.getrangeBuffer(key.committed, 0, -1),
    redis.getrangeBuffer(key.failed, 0, -1),
  ]);
  return {
    status,
    isCommitted: (slot) => bitAt(committed, slot),
    isFailed: (slot) => bitAt(failed, slot),
  };
}
