import { SIMULATED_MODEL } from '../shared/config.ts';
import { UserError } from '../shared/errors.ts';
import type { Budget, Spend } from '../shared/limits/ledger.ts';
import type { ModelProfiles } from '../shared/models/model-profiles.ts';
import { NANO } from '../shared/models/prices.ts';
import { largestRemainder } from '../shared/sampling/largest-remainder.ts';

/** What a spec says it may cost: US dollars, tokens of prompts and answers together, or both. */
export interface SpecBudget {
  readonly usd?: number | undefined;
  readonly tokens?: number | undefined;
}

/** The same as the ledger keeps it; null: no limit. */
export function budgetOf(written: SpecBudget | null): Budget {
  const { usd, tokens } = written ?? {};
  return { nanoDollars: usd === undefined ? undefined : Math.round(usd * NANO), tokens };
}

/**
 * A budget as parts in proportion to sizes. The parts add up to it: as calls of one population cannot see what those of
 * another spent, no other division keeps the whole.
 */
export function splitBudget({ nanoDollars, tokens }: Budget, sizes: readonly number[]): Budget[] {
  const dollars = parts(nanoDollars, sizes);
  const counts = parts(tokens, sizes);
  return sizes.map((_, index) => ({ nanoDollars: dollars?.[index], tokens: counts?.[index] }));
}

function parts(whole: number | undefined, sizes: readonly number[]): readonly number[] | undefined {
  return whole === undefined ? undefined : largestRemainder(sizes, whole);
}

/** Dollars can be limited only where they can be counted. Throws UserError for a model without a known price. */
export function assertPriced(
  { nanoDollars }: Budget,
  model: string,
  profiles: ModelProfiles,
  where: string,
): void {
  if (nanoDollars === undefined || profiles.of(model).price !== undefined) return;
  const why =
    model === SIMULATED_MODEL
      ? `the simulator costs nothing: to try a budget of dollars, give ${model} a price`
      : `the price of ${model} is not known, so that dollars cannot be counted: give it one`;
  throw new UserError(`${where}: ${why} in the models file (PERSONA_FLEET_MODELS), or limit tokens instead`);
}

/** What is left of a budget, never below zero; undefined where there is no limit. Calls in flight are not taken off. */
export function leftOf(budget: Budget, spend: Spend): Budget {
  const { nanoDollars, tokens } = budget;
  const spent = spentOf(spend);
  return {
    nanoDollars: nanoDollars === undefined ? undefined : Math.max(0, nanoDollars - spent.nanoDollars),
    tokens: tokens === undefined ? undefined : Math.max(0, tokens - spent.tokens),
  };
}

/** What counts against a budget: lost calls with the most they can have taken. */
export function spentOf(spend: Spend): { nanoDollars: number; tokens: number } {
  const { nanoDollars, promptTokens, completionTokens, lostTokens } = spend;
  return { nanoDollars, tokens: promptTokens + completionTokens + lostTokens };
}

/** Of several budgets together; no limit where one has none. */
export function sumOfBudgets(budgets: readonly Budget[]): Budget {
  const sum = (pick: (budget: Budget) => number | undefined) =>
    budgets.reduce<number | undefined>((total, budget) => {
      const part = pick(budget);
      return total === undefined || part === undefined ? undefined : total + part;
    }, 0);
  return { nanoDollars: sum(({ nanoDollars }) => nanoDollars), tokens: sum(({ tokens }) => tokens) };
}
