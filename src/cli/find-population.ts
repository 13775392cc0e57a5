import { UserError } from '../shared/errors.ts';
import type { Keys } from '../shared/keys.ts';
import type { Redis } from '../shared/redis.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { createPopulations, type PopulationStatus } from '../shared/transactions/populations.ts';

/** Every population of the simulation, or of all simulations. */
export async function listPopulations(
  redis: Redis,
  keys: Keys,
  simulation?: string,
): Promise<PopulationStatus[]> {
  const simulations =
    simulation === undefined ? (await redis.smembers(keys.simulations)).sort() : [simulation];
  const found: PopulationStatus[] = [];
  for (const id of simulations) {
    const populations = createPopulations(redis, keys, id);
    for (const population of await populations.ids()) {
      const status = await populations.status(population);
      if (status !== undefined) found.push(status);
    }
  }
  return found;
}

/**
 * The population whose id begins with `prefix`; without one, the only one there is, where imported people count only when nobody was generated. Throws UserError
 * that lists the candidates when that names none or several.
 */
export async function findPopulation(
  redis: Redis,
  keys: Keys,
  options: { simulation?: string | undefined; prefix?: string | undefined },
): Promise<PopulationStatus> {
  const all = await listPopulations(redis, keys, options.simulation);
  const { prefix } = options;
  const generated = all.filter((one) => !isImport(one));
  const matching =
    prefix === undefined && generated.length > 0
      ? generated
      : all.filter(({ population }) => population.startsWith(prefix ?? ''));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  const where = options.simulation === undefined ? '' : ` in simulation ${options.simulation}`;
  if (all.length === 0)
    throw new UserError(`there is no population${where} yet: generate or enqueue one first`);
  const what = prefix === undefined ? 'no population was named' : `"${prefix}" names ${matching.length}`;
  const listed = all.slice(0, 10).map((one) => `${one.population} (${one.simulation}, ${one.state})`);
  const simulations = new Set(matching.map(({ simulation }) => simulation));
  const isOneSpec = new Set(matching.map(({ population }) => population)).size === 1 && simulations.size > 1;
  const remedy = isOneSpec ? `: name one with --simulation ${only?.simulation}` : '';
  throw new UserError(
    `expected one population${where}, ${what}${remedy}; there are:\n  ${listed.join('\n  ')}${all.length > 10 ? '\n  …' : ''}`,
  );
}
