import { ExitCode, UserError } from '../shared/errors.ts';
import { createPopulations } from '../shared/transactions/populations.ts';
import type { CommandContext } from './context.ts';
import { counted } from './count.ts';
import { openPopulation, type PopulationOptions } from './open-population.ts';

/** Ends a population: no further slot begins, and the names of open slots are free again. What is committed stays. */
export async function cancel(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  await using found = await openPopulation(prefix, options, context);
  const { redis, keys } = found;
  const { simulation, population } = found.status;
  const { cancelled, status, released } = await createPopulations(redis, keys, simulation).cancel(population);
  if (!cancelled)
    throw new UserError(`population ${population} is ${status} already: there is nothing to cancel`);
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ simulation, population, released })}\n`
      : `${population}  cancelled; ${counted(released, 'reserved name is', 'reserved names are')} free again\n`,
  );
  return ExitCode.ok;
}
