import { type ExportFormat, exportPeople } from '../producer/export/export-population.ts';
import { assertHasNoPruned } from '../producer/export/pruned-file.ts';
import { ExitCode } from '../shared/errors.ts';
import { createPopulations, type PopulationStatus } from '../shared/transactions/populations.ts';
import { assertNonePruned } from '../shared/transactions/pruned-people.ts';
import { createResults } from '../shared/transactions/results.ts';
import { type CommandContext, configOf, openRedis, type RedisAccess, say } from './context.ts';
import { count } from './count.ts';
import { findPopulation } from './find-population.ts';
import { findSimulation } from './find-simulation.ts';
import type { PopulationOptions } from './open-population.ts';

export interface ExportOptions extends PopulationOptions {
  format: ExportFormat;
  out?: string;
  follow?: boolean;
  prune?: boolean;
}

/**
 * Writes the committed people of a population, or of all populations of a simulation, finished or not: population after
 * population, in slot order. With `follow` or `prune` see `exportFollowing`.
 */
export async function exportCommand(
  prefix: string | undefined,
  options: ExportOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { format } = options;
  if (options.follow || options.prune) {
    return (await import('./export-follow.ts')).exportFollowing(prefix, options, context);
  }
  await using access = await openRedis(context, configOf(context), 'fail-fast');
  const { redis, keys } = access;
  const { simulation, populations, folder } = await findPeople(prefix, options.simulation, access);
  const out = options.out ?? (format === 'tinytroupe' ? folder : '-');
  for (const status of populations) assertNonePruned(status);
  await assertHasNoPruned(out, (named) =>
    createPopulations(redis, keys, named.simulation).status(named.population),
  );
  const { people } = await exportPeople(
    populations.map(({ population, size, labels }) => ({
      results: createResults(redis, keys, simulation, population),
      shared: { simulation, population, seed: labels.seed ?? '' },
      wanted: { from: 0, to: size },
    })),
    { format, out, stdout: context.stdout, signal: context.signal },
  );
  const size = populations.reduce((sum, one) => sum + one.size, 0);
  if (options.json) {
    const exported = populations.map(({ population, size }) => ({ population, size }));
    const named = prefix === undefined ? {} : { population: populations[0]?.population };
    const facts = { simulation, ...named, populations: exported, people, size, format, out };
    // Stdout is the people's when they go there.
    (out === '-' ? context.stderr : context.stdout).write(`${JSON.stringify(facts)}\n`);
  } else say(context, `${count(people)} of ${count(size)} people written to ${out === '-' ? 'stdout' : out}`);
  return ExitCode.ok;
}

/** What the command is about, and the folder it goes to where it is to be one and none is named. */
async function findPeople(
  prefix: string | undefined,
  simulation: string | undefined,
  { redis, keys }: RedisAccess,
): Promise<{ simulation: string; populations: readonly PopulationStatus[]; folder: string }> {
  if (prefix === undefined) {
    const found = await findSimulation(redis, keys, simulation);
    return { ...found, folder: `${found.simulation}-people` };
  }
  const found = await findPopulation(redis, keys, { prefix, simulation });
  const folder = `${found.simulation}-${found.population.slice(0, 8)}`;
  return { simulation: found.simulation, populations: [found], folder };
}
