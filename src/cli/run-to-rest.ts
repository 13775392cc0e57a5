import { isAtRest } from '../producer/follow.ts';
import type { PlannedPopulation } from '../producer/plan-population.ts';
import type { ProducerSession } from '../producer/session.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import type { SlotRange } from '../shared/factory/slot-claims.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { type CommandContext, say } from './context.ts';
import { exitCodeOf } from './describe-status.ts';
import { startLocalWorkers, startSimulatedModel } from './local-parts.ts';
import type { ProgressDisplay } from './progress-display.ts';

/** Brings the population to rest: nothing to do when it is settled, else a fleet, its jobs, and a bar to watch. */
export async function runToRest(options: {
  session: ProducerSession;
  planned: PlannedPopulation;
  /** The population may be larger than what is wanted. */
  wanted: SlotRange;
  before: PopulationStatus;
  config: Config;
  simulated: boolean;
  context: CommandContext;
  redisUrl: string;
  display: ProgressDisplay;
}): Promise<{ status: PopulationStatus; exitCode: ExitCode }> {
  const { session, planned, wanted, before, config, simulated, context, redisUrl, display } = options;
  const results = session.resultsOf(planned.population);
  const wantedOpen = await results.countOpen(wanted);
  if (wantedOpen === 0) return { status: before, exitCode: exitCodeOf(before) };

  const failed = new AbortController();
  const parts = new AsyncDisposableStack();
  try {
    const localWorkers = config.PERSONA_FLEET_WORKERS;
    const model =
      simulated && localWorkers > 0
        ? parts.use(await startSimulatedModel({ context, config, onEnd: () => failed.abort() }))
        : undefined;
    parts.use(
      await startLocalWorkers({
        context,
        config,
        size: localWorkers,
        env: { REDIS_URL: redisUrl, ...model?.env },
        onCrash: (line) => display.say(line),
      }),
    );
    if (context.signal.aborted) return { status: before, exitCode: ExitCode.interrupted };
    await session.populations.resume(planned.population);
    await session.enqueue(planned, wanted);
    if (localWorkers === 0 && (await session.workers(planned)) === 0) {
      display.say('no worker is connected yet: start some with `persona-fleet worker` and this REDIS_URL');
    }
    const status = await session.follow(planned, {
      wanted,
      onUpdate: (status) => display.update(status),
      signal: AbortSignal.any([context.signal, failed.signal]),
    });
    display.end();
    if (failed.signal.aborted)
      throw new Error('the simulator ended unexpectedly; see its log in the data directory');
    const interrupted = context.signal.aborted && !isAtRest(status);
    if (interrupted) say(context, 'stopping: calls in flight may finish (again: stop at once)');
    return { status, exitCode: interrupted ? ExitCode.interrupted : exitCodeOf(status) };
  } finally {
    display.end();
    await parts.disposeAsync();
  }
}
