import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import { budgetOption, readBudgetReason } from './budget-reason.ts';
import { populationWords } from './population-words.ts';

type Paused = Pick<PopulationStatus, 'population' | 'simulation' | 'state' | 'reason' | 'budget'>;

/** Where a budget is nothing, and the pause does not say what the next call may take. */
const LEAST = { nanoDollars: 1_000_000_000, tokens: 100_000 } as const;

/** The line that takes a paused population up again, once its cause is mended; undefined for one that is not paused. */
export function describeWayOn(status: Paused): string | undefined {
  if (status.state !== PopulationState.paused) return undefined;
  const resume = `persona-fleet resume ${populationWords(status)}`;
  const raised = raisedBudget(status);
  if (raised !== undefined) return `raise the budget in the spec, or go on with: ${resume} ${raised}`;
  return `${describeMending(status)}, go on with: ${resume}`;
}

/** What has to be done before a pause can be ended, for a sentence that goes on with how. */
export function describeMending({ reason }: Pick<Paused, 'reason'>): string {
  return readBudgetReason(reason)?.isFleets
    ? 'when PERSONA_FLEET_BUDGET_USD or PERSONA_FLEET_BUDGET_TOKENS of the workers is raised'
    : 'when that is mended';
}

/**
 * The option that doubles the budget at which a population stopped, or more where the next call needs it; undefined where it
 * stopped for another reason.
 */
export function raisedBudget({ reason, budget }: Pick<Paused, 'reason' | 'budget'>): string | undefined {
  const read = readBudgetReason(reason);
  if (read === undefined || read.isFleets) return undefined;
  const { unit, spent = 0, nextCall } = read;
  const now = budget[unit];
  if (now === undefined) return undefined;
  const needed = nextCall === undefined ? 0 : spent + nextCall;
  return budgetOption(unit, Math.max(2 * now, needed) || LEAST[unit]);
}
