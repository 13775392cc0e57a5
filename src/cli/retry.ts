import { openProducerSession } from '../producer/session.ts';
import { ExitCode } from '../shared/errors.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { count } from './describe-status.ts';
import { findPopulation } from './find-population.ts';
import type { PopulationOptions } from './status.ts';

/** Opens a population's failed slots again and enqueues everything that is open, after a pause too. */
export async function retry(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const { simulation, population } = await findPopulation(access.redis, access.keys, { ...options, prefix });
  await using session = openProducerSession({ ...access, config, simulation });
  const reopened = await session.populations.reopen(population);
  const planned = await session.planned(population);
  const { shards, openSlots } = await session.enqueue(planned, { from: 0, to: planned.size });
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ simulation, population, reopened, openSlots, shards })}\n`
      : `${population}  ${count(reopened)} failed slots opened again; ${count(openSlots)} open slots in ${count(shards)} jobs\n`,
  );
  return ExitCode.ok;
}
