import type { Waiting } from '../producer/await-transaction.ts';
import { needsPlanning, type PlannedSpec, planSpec } from '../producer/planning.ts';
import type { PopulationSpec } from '../producer/population-spec.ts';
import type { ProducerSession } from '../producer/session.ts';
import { queueNameOf } from '../shared/jobs.ts';
import { describeNoWorkers, type LocalParts, simulatorEnded } from './local-parts.ts';
import { watchFleet } from './watch-fleet.ts';

/** What holds planning up is said so often at the most. */
const LINE_EVERY_MS = 5_000;

export interface PlanningHelp {
  readonly session: ProducerSession;
  /** Started when an answer is not in the cache; undefined where workers run elsewhere. */
  readonly parts?: LocalParts | undefined;
  readonly model: string;
  readonly simulated: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Called before a question is put to the model that is not in the cache; what it throws ends the planning. */
  readonly beforeAsking?: (() => Promise<void>) | undefined;
}

/**
 * The populations that a spec stands for. Where it leaves something to a model (free text, `factories`), that is asked through
 * the queue, once for the same spec; local workers are started for it when need be. Rejects as `ProducerSession.transaction`.
 */
export function resolveSpec(spec: PopulationSpec, help: PlanningHelp): Promise<PlannedSpec[]> {
  const { session, model } = help;
  if (!needsPlanning(spec)) return planSpec(session, spec, { model, signal: help.signal });
  const what = spec.factories === null ? 'what varies' : `${spec.factories.count} contexts`;
  return whilePlanning(help, `asking for ${what}`, (waiting) =>
    planSpec(session, spec, { model, ...waiting }),
  );
}

/** Runs a request to the model that is a job: says so, and sees to it that there are workers, when it has to wait. */
export async function whilePlanning<T>(
  { session, parts, model, simulated, signal, say, beforeAsking }: PlanningHelp,
  what: string,
  ask: (waiting: Waiting) => Promise<T>,
): Promise<T> {
  const whatHolds = watchFleet(session, { model, now: Date.now });
  let nextLineAt = Number.NEGATIVE_INFINITY;
  let said: string | undefined;
  const onLook = () => {
    const held = whatHolds()?.text;
    if (held === undefined || held === said || Date.now() < nextLineAt) return;
    say(`${what}: ${held}`);
    [said, nextLineAt] = [held, Date.now() + LINE_EVERY_MS];
  };
  const onWait = async () => {
    say(`${what}${simulated ? ' — of the SIMULATOR, no model is called' : ''}`);
    await parts?.start();
    const nobody = await describeNoWorkers({ queueName: queueNameOf(model) }, session, parts);
    if (nobody !== undefined) say(nobody);
  };
  try {
    const stopping = parts === undefined ? signal : AbortSignal.any([signal, parts.failed]);
    return await ask({ signal: stopping, onWait, onLook, beforeAsking });
  } catch (error) {
    throw parts?.failed.aborted ? simulatorEnded() : error;
  }
}
