import { isAtRest } from '../producer/follow.ts';
import { openProducerSession } from '../producer/session.ts';
import { ExitCode } from '../shared/errors.ts';
import type { CommandContext } from './context.ts';
import { budgetJson } from './describe-spend.ts';
import { describeStatus, exitCodeOf } from './describe-status.ts';
import { firstFailures } from './first-failures.ts';
import { lastLook } from './last-look.ts';
import { describeNoWorkers } from './local-parts.ts';
import { openPopulation, type PopulationOptions } from './open-population.ts';
import { createProgressDisplay } from './progress-display.ts';
import { watchFleet } from './watch-fleet.ts';

/**
 * Shows a population's progress until it ends; the exit code is that of its end. Enqueues again what no job will finish;
 * Ctrl-C only stops watching.
 */
export async function watch(
  prefix: string | undefined,
  options: PopulationOptions,
  context: CommandContext,
): Promise<ExitCode> {
  await using found = await openPopulation(prefix, options, context);
  const { simulation, population } = found.status;
  await using session = openProducerSession({ ...found, simulation });
  const planned = await session.planned(population);
  const display = createProgressDisplay(context.stderr, Date.now);
  const whatHolds = watchFleet(session, { model: found.status.labels.model, now: Date.now });
  const nobody = isAtRest(found.status) ? undefined : await describeNoWorkers(planned, session, undefined);
  if (nobody !== undefined) display.say(nobody);
  const followed = await session
    .follow(planned, {
      wanted: { from: 0, to: planned.size },
      onUpdate: (status) => display.update(status, whatHolds()),
      signal: context.signal,
    })
    .finally(() => display.end());
  const [last = followed] = context.signal.aborted ? [] : await lastLook(session, [followed]);
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ ...last, budget: budgetJson(last.budget) })}\n`
      : `${describeStatus(last, await firstFailures(session, [last]))}\n`,
  );
  return context.signal.aborted ? ExitCode.interrupted : exitCodeOf(last);
}
