import { leftOf, spentOf, splitBudget, sumOfBudgets } from '../producer/budget.ts';
import type { PlannedPopulation } from '../producer/plan-population.ts';
import type { PlannedSpec } from '../producer/planning.ts';
import type { ProducerSession } from '../producer/session.ts';
import { populationId, type TinyPersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { TinyPersonFactory } from '../shared/factory/tiny-person-factory.ts';
import { type Budget, spendFields } from '../shared/limits/ledger.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';

/** One population of a command: usually the only one, or one of those that a spec's `factories` stand for. */
export interface Run {
  readonly planned: PlannedPopulation;
  readonly wanted: { readonly from: number; readonly to: number };
  /** As it stood when the command began. */
  readonly before: PopulationStatus;
  readonly state: TinyPersonFactoryState;
  /** The budget it had, where the spec says another now. */
  readonly replaced: Budget | undefined;
}

/** What the populations of a command add up to. */
export type Total = Pick<PopulationStatus, (typeof summed)[number] | 'failedByReason' | 'budget'>;

const summed = ['size', 'committed', 'failed', ...spendFields] as const;

/** A population of a command before anything is written of it: what is to come, and what of its budget is left. */
export interface Pending {
  readonly state: TinyPersonFactoryState;
  /** Its open slots. */
  readonly people: number;
  /** Its slots in all. */
  readonly size: number;
  /** So far, which may be more than its budget. */
  readonly spent: Budget;
  readonly left: Budget;
}

export function statesOf(populations: readonly PlannedSpec[]): TinyPersonFactoryState[] {
  return populations.map(({ options }) => new TinyPersonFactory(options).encodeCompleteState());
}

/** What `planRuns` with the same arguments would leave to be generated. Writes nothing. */
export async function pendingOf(
  states: readonly TinyPersonFactoryState[],
  session: Pick<ProducerSession, 'populations' | 'resultsOf' | 'specBudgets'>,
  { budget, fresh = false }: { budget: Budget; fresh?: boolean | undefined },
): Promise<Pending[]> {
  const budgets = budgetsOf(budget, states);
  const pending: Pending[] = [];
  for (const [index, state] of states.entries()) {
    const { populationSize } = state;
    const own = budgets[index] ?? {};
    const population = populationId(state);
    const known = fresh ? undefined : await session.populations.status(population);
    const wanted = { from: 0, to: populationSize };
    if (known === undefined) {
      pending.push({ state, people: populationSize, size: populationSize, spent: {}, left: own });
      continue;
    }
    const applied = await session.specBudgets.find(population, own);
    pending.push({
      state,
      people: await session.resultsOf(population).countOpen(wanted),
      size: populationSize,
      spent: spentOf(known),
      left: leftOf(applied, known),
    });
  }
  return pending;
}

/**
 * Writes the populations of a spec to Redis, or finds them there; with `fresh`, after forgetting them. Each is given its part of
 * the spec's budget, before any of it is enqueued; see `SpecBudgets` for what somebody set since.
 */
export async function planRuns(
  states: readonly TinyPersonFactoryState[],
  session: ProducerSession,
  { budget, fresh = false }: { budget: Budget; fresh?: boolean | undefined },
): Promise<Run[]> {
  const runs: Run[] = [];
  const budgets = budgetsOf(budget, states);
  for (const [index, state] of states.entries()) {
    if (fresh) await session.populations.forget((await session.plan(state)).population);
    const planned = await session.plan(state);
    const { replaced } = await session.specBudgets.apply(planned.population, budgets[index] ?? {});
    const before = await session.status(planned.population);
    runs.push({ planned, wanted: { from: 0, to: state.populationSize }, before, state, replaced });
  }
  return runs;
}

function budgetsOf(budget: Budget, states: readonly TinyPersonFactoryState[]): Budget[] {
  return splitBudget(
    budget,
    states.map(({ populationSize }) => populationSize),
  );
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
  return { ...sums, failedByReason, budget: sumOfBudgets(statuses.map(({ budget }) => budget)) } as Total;
}

/** Slots that are wanted and open, of each run. */
export async function openSlotsOf(
  session: Pick<ProducerSession, 'resultsOf'>,
  runs: readonly Run[],
): Promise<number[]> {
  const open: number[] = [];
  for (const { planned, wanted } of runs) {
    open.push(await session.resultsOf(planned.population).countOpen(wanted));
  }
  return open;
}
