import { ExitCode } from '../shared/errors.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { describeStatus } from './describe-status.ts';
import { findPopulation, listPopulations } from './find-population.ts';
import type { PopulationOptions } from './open-population.ts';

/** Where one population, or every one, stands. Costs two reads a population, whatever its size. */
export async function status(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const { redis, keys } = access;
  const found =
    prefix === undefined
      ? await listPopulations(redis, keys, options.simulation)
      : [await findPopulation(redis, keys, { prefix, simulation: options.simulation })];
  if (options.json) context.stdout.write(`${JSON.stringify(found)}\n`);
  else if (found.length === 0) context.stdout.write('no populations yet\n');
  else context.stdout.write(`${found.map(describeStatus).join('\n')}\n`);
  return ExitCode.ok;
}
