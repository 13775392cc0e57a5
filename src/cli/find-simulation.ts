import { UserError } from '../shared/errors.ts';
import type { Keys } from '../shared/keys.ts';
import type { Redis } from '../shared/redis.ts';
import { isImport } from '../shared/transactions/imports.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { listPopulations } from './find-population.ts';

export interface FoundSimulation {
  readonly simulation: string;
  /** At least one: imported people first, then in the order in which they were made. */
  readonly populations: readonly PopulationStatus[];
}

/**
 * Everything in the simulation; where none is named, in the only one that has any. Throws UserError that lists the
 * simulations when there are several, or says that there is nothing.
 */
export async function findSimulation(
  redis: Redis,
  keys: Keys,
  simulation: string | undefined,
): Promise<FoundSimulation> {
  const all = await listPopulations(redis, keys, simulation);
  const simulations = [...new Set(all.map((status) => status.simulation))];
  const [only] = simulations;
  if (only === undefined) {
    const where = simulation === undefined ? '' : ` in simulation ${simulation}`;
    throw new UserError(`there is no population${where} yet: generate, enqueue or import one first`);
  }
  if (simulations.length > 1) {
    const listed = simulations.map((id) => {
      const people = all.reduce((sum, one) => sum + (one.simulation === id ? one.committed : 0), 0);
      return `${id} (${people} people)`;
    });
    throw new UserError(
      `expected one simulation, none was named: choose one with --simulation; there are:\n  ${listed.join('\n  ')}`,
    );
  }
  return { simulation: only, populations: all.sort(inOrderOfTheirMaking) };
}

function inOrderOfTheirMaking(a: PopulationStatus, b: PopulationStatus): number {
  if (isImport(a) !== isImport(b)) return isImport(a) ? -1 : 1;
  // ISO dates; ids are in order already, and sorting keeps it where the dates agree.
  const [first = '', second = ''] = [a.labels.createdAt, b.labels.createdAt];
  return first < second ? -1 : Number(first > second);
}
