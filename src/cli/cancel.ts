import { ExitCode, UserError } from '../shared/errors.ts';
import { createPopulations } from '../shared/transactions/populations.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { count } from './describe-status.ts';
import { findPopulation } from './find-population.ts';
import type { PopulationOptions } from './status.ts';

/** Ends a population: no further slot begins, and the names of open slots are free again. What is committed stays. */
export async function cancel(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const { redis, keys } = access;
  const { simulation, population } = await findPopulation(redis, keys, { ...options, prefix });
  const { cancelled, status, released } = await createPopulations(redis, keys, simulation).cancel(population);
  if (!cancelled)
    throw new UserError(`population ${population} is ${status} already: there is nothing to cancel`);
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ simulation, population, released })}\n`
      : `${population}  cancelled; ${count(released)} reserved names are free again\n`,
  );
  return ExitCode.ok;
}
