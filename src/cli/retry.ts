import { openProducerSession } from '../producer/session.ts';
import { ExitCode } from '../shared/errors.ts';
import type { CommandContext } from './context.ts';
import { counted } from './count.ts';
import { openPopulation, type PopulationOptions } from './open-population.ts';

/** Opens a population's failed slots again and enqueues everything that is open, after a pause too. */
export async function retry(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  await using found = await openPopulation(prefix, options, context);
  const { simulation, population } = found.status;
  await using session = openProducerSession({ ...found, simulation });
  const reopened = await session.populations.reopen(population);
  await session.resumeFleet();
  await session.populations.resume(population);
  const planned = await session.planned(population);
  const { shards, openSlots } = await session.enqueue(planned, { from: 0, to: planned.size });
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ simulation, population, reopened, openSlots, shards })}\n`
      : `${population}  ${counted(reopened, 'failed slot')} opened again; ${counted(openSlots, 'open slot')} in ${counted(shards, 'job')}\n`,
  );
  return ExitCode.ok;
}
