import { isAtRest } from '../producer/follow.ts';
import type { ProducerSession } from '../producer/session.ts';
import { ExitCode } from '../shared/errors.ts';
import { unlessAborted } from '../shared/lifecycle.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { type CommandContext, say } from './context.ts';
import { exitCodeOf } from './describe-status.ts';
import { describeNoWorkers, type LocalParts, simulatorEnded } from './local-parts.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { openSlotsOf, type Run, totalOf } from './runs.ts';
import { watchFleet } from './watch-fleet.ts';

const POLL_MS = 200;
/** Many populations are looked at less often each, so that looking at them stays cheap for Redis. */
const POLLED_AT_FULL_RATE = 20;

/**
 * Brings the populations to rest: nothing to do when they are settled, else a fleet, their jobs, and a bar to watch. The exit
 * code tells why wanted slots are still open; failed ones it leaves to the caller.
 */
export async function runToRest(options: {
  session: ProducerSession;
  runs: readonly Run[];
  /** Of each run; see `openSlotsOf`. */
  openSlots: readonly number[];
  parts: LocalParts;
  context: CommandContext;
  display: ProgressDisplay;
}): Promise<{ statuses: PopulationStatus[]; exitCode: ExitCode }> {
  const { session, runs, parts, context, display } = options;
  const statuses = runs.map(({ before }) => before);
  const open = indexesOfOpen(options.openSlots);
  if (open.length === 0) return { statuses, exitCode: ExitCode.ok };

  try {
    await parts.start();
    if (context.signal.aborted) return { statuses, exitCode: ExitCode.interrupted };
    const signal = AbortSignal.any([context.signal, parts.failed]);
    await session.resumeFleet();
    // In turn: enqueuing is the heavy part, and workers begin with the first population meanwhile.
    for (const { planned, wanted } of open.flatMap((index) => runs[index] ?? [])) {
      if (signal.aborted) break;
      await session.populations.resume(planned.population);
      await session.enqueue(planned, wanted);
    }
    const [first] = runs;
    const nobody = first && (await describeNoWorkers(first.planned, session, parts));
    if (nobody !== undefined) display.say(nobody);
    const whatHolds = watchFleet(session, { model: runs[0]?.before.labels.model, now: Date.now });
    const follow = async (index: number): Promise<void> => {
      const run = runs[index];
      if (run === undefined) return;
      const onUpdate = (status: PopulationStatus) => {
        statuses[index] = status;
        display.update(totalOf(statuses), whatHolds());
      };
      statuses[index] = await session.follow(run.planned, {
        wanted: run.wanted,
        onUpdate,
        pollMs: POLL_MS * Math.ceil(open.length / POLLED_AT_FULL_RATE),
        signal,
      });
    };
    await Promise.all(open.map(follow));
    display.end();
    if (parts.failed.aborted) throw simulatorEnded();
    if (context.signal.aborted && !statuses.every(isAtRest)) {
      say(context, 'stopping: calls in flight may finish (again: stop at once)');
      return { statuses, exitCode: ExitCode.interrupted };
    }
    // A population may be paused or cancelled with all settled that this command wanted of it.
    const left = new Set(indexesOfOpen(await unlessAborted(openSlotsOf(session, runs), context.signal)));
    return { statuses, exitCode: worstOf(statuses.filter((_, index) => left.has(index))) };
  } finally {
    display.end();
  }
}

function indexesOfOpen(openSlots: readonly number[] = []): number[] {
  return openSlots.flatMap((slots, index) => (slots > 0 ? [index] : []));
}

/** One exit code for all: a pause, which a person must end, tells most. */
function worstOf(statuses: readonly PopulationStatus[]): ExitCode {
  const codes = statuses.map(exitCodeOf);
  const order = [ExitCode.paused, ExitCode.interrupted, ExitCode.failedSlots];
  return order.find((code) => codes.includes(code)) ?? ExitCode.ok;
}
