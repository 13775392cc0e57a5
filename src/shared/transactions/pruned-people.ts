import { UserError } from '../errors.ts';
import type { PopulationStatus } from './populations.ts';

type Pruned = Pick<PopulationStatus, 'population' | 'simulation' | 'pruned' | 'prunedTo'>;

/** Throws UserError when people of the population have left Redis, for whoever is about to read all of them. */
export function assertNonePruned(status: Pruned): void {
  if (status.pruned > 0) throw peoplePruned(status);
}

/** Why people cannot be read from Redis, where they are, and how to add the others to them. */
export function peoplePruned({ population, simulation, pruned, prunedTo = 'a file' }: Pruned): UserError {
  const [people, they] = pruned === 1 ? ['1 person', 'is'] : [`${pruned} people`, 'are'];
  return new UserError(
    `${people} of population ${population} ${they} no longer in Redis: they were pruned to ${prunedTo}. That file has them; ` +
      `\`persona-fleet export ${population} --simulation ${simulation} --follow --prune --out ${quoted(prunedTo)}\` adds the others, ` +
      'and `persona-fleet enqueue` adds open ones and more without reading any',
  );
}

/** As one word of a shell. */
function quoted(path: string): string {
  return /^[\w./:@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
