import { followPopulation } from '../producer/follow.ts';
import { ExitCode } from '../shared/errors.ts';
import { createPopulations, unknownPopulation } from '../shared/transactions/populations.ts';
import type { CommandContext } from './context.ts';
import { describeStatus, exitCodeOf } from './describe-status.ts';
import { openPopulation, type PopulationOptions } from './open-population.ts';
import { createProgressDisplay } from './progress-display.ts';

const POLL_MS = 500;

/** Shows a population's progress until it ends; the exit code is that of its end. Changes nothing: Ctrl-C only stops watching. */
export async function watch(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  await using found = await openPopulation(prefix, options, context);
  const { redis, keys } = found;
  const { simulation, population } = found.status;
  const populations = createPopulations(redis, keys, simulation);
  const display = createProgressDisplay(context.stderr, Date.now);
  const last = await followPopulation({
    status: async () => {
      const status = await populations.status(population);
      if (status === undefined) throw unknownPopulation(simulation, population);
      return status;
    },
    settledEarly: async () => false,
    reconcile: async () => {},
    onUpdate: (status) => display.update(status),
    pollMs: POLL_MS,
    reconcileAfterMs: Number.POSITIVE_INFINITY,
    now: Date.now,
    signal: context.signal,
  }).finally(() => display.end());
  context.stdout.write(options.json ? `${JSON.stringify(last)}\n` : `${describeStatus(last)}\n`);
  return context.signal.aborted ? ExitCode.interrupted : exitCodeOf(last);
}
