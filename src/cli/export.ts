import { type ExportFormat, exportPopulation } from '../producer/export/export-population.ts';
import { ExitCode } from '../shared/errors.ts';
import { createResults } from '../shared/transactions/results.ts';
import { type CommandContext, say } from './context.ts';
import { count } from './describe-status.ts';
import { openPopulation, type PopulationOptions } from './open-population.ts';

/** Writes the committed people of a population, finished or not, in slot order. */
export async function exportCommand(
  prefix: string | undefined,
  options: PopulationOptions & { format: ExportFormat; out?: string },
  context: CommandContext,
): Promise<ExitCode> {
  const { format } = options;
  await using found = await openPopulation(prefix, options, context);
  const { redis, keys } = found;
  const { simulation, population, size, labels } = found.status;
  const out = options.out ?? (format === 'tinytroupe' ? `${simulation}-${population.slice(0, 8)}` : '-');
  const { people } = await exportPopulation({
    results: createResults(redis, keys, simulation, population),
    shared: { simulation, population, seed: labels.seed ?? '' },
    wanted: { from: 0, to: size },
    format,
    out,
    stdout: context.stdout,
    signal: context.signal,
  });
  if (options.json) {
    const facts = { simulation, population, people, size, format, out };
    // Stdout is the people's when they go there.
    (out === '-' ? context.stderr : context.stdout).write(`${JSON.stringify(facts)}\n`);
  } else say(context, `${count(people)} of ${count(size)} people written to ${out === '-' ? 'stdout' : out}`);
  return ExitCode.ok;
}
