import { NANO } from '../shared/models/prices.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';

type Paused = Pick<PopulationStatus, 'population' | 'state' | 'reason' | 'budget'>;

/** Twice nothing would raise nothing. */
const LEAST_USD = 1;
const LEAST_TOKENS = 100_000;

/** The line that takes a paused population up again, once its cause is mended; undefined for one that is not paused. */
export function describeWayOn(status: Paused): string | undefined {
  const { population, state } = status;
  if (state !== PopulationState.paused) return undefined;
  const resume = `persona-fleet resume ${population}`;
  const raised = raisedBudget(status);
  if (raised !== undefined) return `raise the budget in the spec, or go on with: ${resume} ${raised}`;
  return `${describeMending(status)}, go on with: ${resume}`;
}

/** What has to be done before a pause can be ended, for a sentence that goes on with how. */
export function describeMending({ reason }: Pick<Paused, 'reason'>): string {
  return reason.includes("the fleet's budget")
    ? 'when PERSONA_FLEET_BUDGET_USD or PERSONA_FLEET_BUDGET_TOKENS of the workers is raised'
    : 'when that is mended';
}

/**
 * The option that doubles the budget at which a population stopped; undefined where it stopped for another reason. A pause keeps
 * its reason as a text only: that of `limiter-refusals.ts`.
 */
export function raisedBudget({ reason, budget }: Paused): string | undefined {
  if (!reason.includes('the budget of ')) return undefined;
  const { nanoDollars, tokens } = budget;
  if (reason.includes('the budget of $')) {
    return nanoDollars === undefined
      ? undefined
      : `--budget-usd ${Math.max(LEAST_USD, (2 * nanoDollars) / NANO)}`;
  }
  return tokens === undefined ? undefined : `--budget-tokens ${Math.max(LEAST_TOKENS, 2 * tokens)}`;
}
