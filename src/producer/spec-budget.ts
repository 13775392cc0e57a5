import type { Keys } from '../shared/keys.ts';
import { populationAccount } from '../shared/limits/accounts.ts';
import { type Budget, createLedger } from '../shared/limits/ledger.ts';
import type { Redis } from '../shared/redis.ts';

/** What the spec of a population says it may spend, against what somebody may have set since. */
export interface SpecBudgets {
  /**
   * What the population may spend if its spec says `wanted`: that, or what somebody set since (`resume`) while the spec says
   * what it said before. Changes nothing.
   */
  find(population: string, wanted: Budget): Promise<Budget>;
  /**
   * Sets that, and remembers what the spec says. Resolves with the budget, and with the one it replaces when the spec says
   * something else than before. Repeating it changes nothing; the population must exist.
   */
  apply(population: string, wanted: Budget): Promise<AppliedBudget>;
}

export interface AppliedBudget {
  readonly budget: Budget;
  readonly replaced: Budget | undefined;
}

/** A field of the population's own hash, so that it is forgotten with the population. */
const SAID = 'specBudget';

export function createSpecBudgets(redis: Redis, keys: Keys, simulation: string): SpecBudgets {
  const ledger = createLedger(redis, keys);
  const accountOf = (population: string) => populationAccount(simulation, population);
  const metaOf = (population: string) => keys.simulation(simulation).population(population).meta;
  const saidOf = (population: string) => redis.hget(metaOf(population), SAID);
  return {
    async find(population, wanted) {
      const said = await saidOf(population);
      return said === written(wanted) ? ledger.budgetOf(accountOf(population)) : wanted;
    },
    async apply(population, wanted) {
      const said = await saidOf(population);
      const account = accountOf(population);
      const before = await ledger.budgetOf(account);
      if (said === written(wanted)) return { budget: before, replaced: undefined };
      // The budget first: after a crash in between it is set again.
      await ledger.setBudget(account, wanted);
      await redis.hset(metaOf(population), SAID, written(wanted));
      const isNews = said !== null && written(before) !== written(wanted);
      return { budget: wanted, replaced: isNews ? before : undefined };
    },
  };
}

function written({ nanoDollars, tokens }: Budget): string {
  return JSON.stringify({ nanoDollars, tokens });
}
