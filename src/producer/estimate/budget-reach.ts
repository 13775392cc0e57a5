import type { Budget } from '../../shared/limits/ledger.ts';
import { splitBudget } from '../budget.ts';
import type { Estimate } from './estimate.ts';

const UNITS = ['nanoDollars', 'tokens'] as const satisfies readonly (keyof Budget)[];

/** What a budget lacks: a population to which it leaves less than one call may take. */
export interface Shortage {
  readonly unit: (typeof UNITS)[number];
  /** What each population has left. */
  readonly left: number;
  /** What one call may take. */
  readonly needed: number;
  /** The least budget, of all populations together, with which every one can begin. */
  readonly leastBudget: number;
}

/** A population as far as its budget is concerned. */
export interface BudgetedPopulation {
  /** Open slots. */
  readonly people: number;
  /** Slots in all: by these a budget is divided. */
  readonly size: number;
  /** So far, which may be more than its budget. */
  readonly spent: Budget;
  readonly left: Budget;
}

/** Populations that have not begun: a new budget, divided among them. */
export function undividedYet(budget: Budget, sizes: readonly number[]): BudgetedPopulation[] {
  return splitBudget(budget, sizes).map((own, index) => {
    const size = sizes[index] ?? 0;
    return { people: size, size, spent: {}, left: own };
  });
}

/** The first shortage among populations with open slots; undefined when every one can make a call. */
export function shortageOf(
  { person }: Pick<Estimate, 'person'>,
  populations: readonly BudgetedPopulation[],
): Shortage | undefined {
  const open = populations.filter(({ people }) => people > 0);
  const size = populations.reduce((sum, population) => sum + population.size, 0);
  for (const unit of UNITS) {
    const needed = person?.reserved[unit];
    if (needed === undefined) continue;
    const short = open.find(({ left }) => (left[unit] ?? needed) < needed);
    if (short === undefined) continue;
    const leastOf = (population: BudgetedPopulation) => {
      const spent = population.spent[unit] ?? 0;
      return Math.ceil(((spent + needed) * size) / population.size);
    };
    return {
      unit,
      left: short.left[unit] ?? 0,
      needed,
      leastBudget: Math.max(...open.map(leastOf)),
    };
  }
  return undefined;
}

/**
 * How many people budgets are likely to be enough for; undefined where nothing limits them. Each population has its own part,
 * and the last call of it must fit with all that it may take.
 */
export function reachOf(
  { person }: Pick<Estimate, 'person'>,
  populations: readonly BudgetedPopulation[],
): number | undefined {
  if (person === undefined) return undefined;
  let isLimited = false;
  let reach = 0;
  for (const { people, left } of populations) {
    let own = people;
    for (const unit of UNITS) {
      const [limit, each, last] = [left[unit], person[unit], person.reserved[unit]];
      if (limit === undefined || each === undefined || last === undefined) continue;
      isLimited = true;
      own = Math.min(own, limit < last ? 0 : each === 0 ? people : Math.floor((limit - last) / each) + 1);
    }
    reach += own;
  }
  return isLimited ? reach : undefined;
}
