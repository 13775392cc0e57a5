import type { PlannedPopulation } from '../producer/plan-population.ts';
import type { PlannedSpec } from '../producer/planning.ts';
import type { ProducerSession } from '../producer/session.ts';
import { TinyPersonFactory } from '../shared/factory/tiny-person-factory.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';

/** One population of a command: usually the only one, or one of those that a spec's `factories` stand for. */
export interface Run {
  readonly planned: PlannedPopulation;
  readonly wanted: { readonly from: number; readonly to: number };
  /** As it stood when the command began. */
  readonly before: PopulationStatus;
  readonly seed: string;
}

/** What the populations of a command add up to. */
export type Total = Pick<PopulationStatus, (typeof summed)[number] | 'failedByReason'>;

const summed = [
  'size',
  'committed',
  'failed',
  'calls',
  'repairCalls',
  'promptTokens',
  'cachedTokens',
  'completionTokens',
] as const;

/** Writes the populations of a spec to Redis, or finds them there; with `fresh`, after forgetting them. */
export async function planRuns(
  populations: readonly PlannedSpec[],
  session: ProducerSession,
  { fresh = false }: { fresh?: boolean | undefined } = {},
): Promise<Run[]> {
  const runs: Run[] = [];
  for (const { options } of populations) {
    const state = new TinyPersonFactory(options).encodeCompleteState();
    if (fresh) await session.populations.forget((await session.plan(state)).population);
    const planned = await session.plan(state);
    const before = await session.status(planned.population);
    runs.push({ planned, wanted: { from: 0, to: state.populationSize }, before, seed: state.seed });
  }
  return runs;
}

export function totalOf(statuses: readonly PopulationStatus[]): Total {
  const sums = Object.fromEntries(
    summed.map((field) => [field, statuses.reduce((sum, status) => sum + status[field], 0)]),
  );
  const failedByReason: Record<string, number> = {};
  for (const status of statuses) {
    for (const [reason, times] of Object.entries(status.failedByReason)) {
      failedByReason[reason] = (failedByReason[reason] ?? 0) + times;
    }
  }
  return { ...sums, failedByReason } as Total;
}
