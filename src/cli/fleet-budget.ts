import { assertPriced, budgetOf, leftOf } from '../producer/budget.ts';
import type { Config } from '../shared/config.ts';
import { FLEET_ACCOUNT } from '../shared/limits/accounts.ts';
import { type Budget, createLedger } from '../shared/limits/ledger.ts';
import type { ModelProfiles } from '../shared/models/model-profiles.ts';
import type { RedisAccess } from './context.ts';

type Caps = Pick<Config, 'PERSONA_FLEET_BUDGET_USD' | 'PERSONA_FLEET_BUDGET_TOKENS'>;

/** What all populations together may cost, as configured here; workers may be told otherwise. */
export function fleetBudgetOf(config: Caps): Budget {
  return budgetOf({ usd: config.PERSONA_FLEET_BUDGET_USD, tokens: config.PERSONA_FLEET_BUDGET_TOKENS });
}

/** What is left of it. */
export async function fleetLeftOf(
  config: Caps,
  { redis, keys }: Pick<RedisAccess, 'redis' | 'keys'>,
): Promise<Budget> {
  return leftOf(fleetBudgetOf(config), await createLedger(redis, keys).spendOf(FLEET_ACCOUNT));
}

/** Dollars of a spec and of the fleet can be limited only where they can be counted; see `assertPriced`. */
export function assertBudgetsPriced(
  budget: Budget,
  model: string,
  {
    config,
    profiles,
    specPath,
  }: { readonly config: Caps; readonly profiles: ModelProfiles; readonly specPath: string },
): void {
  assertPriced(budget, model, profiles, `${specPath}: budget.usd`);
  assertPriced(fleetBudgetOf(config), model, profiles, 'PERSONA_FLEET_BUDGET_USD');
}
