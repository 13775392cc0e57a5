import { SIMULATED_MODEL } from '../shared/config.ts';
import type { Budget, Spend } from '../shared/limits/ledger.ts';
import { dollarsText } from '../shared/models/dollars.ts';
import { NANO } from '../shared/models/prices.ts';
import { count, counted, percent } from './count.ts';

/** Repair calls and lost replies are named only where there were any. */
export function describeCalls(
  {
    calls,
    repairCalls,
    lostCalls,
    inFlight,
  }: Pick<Spend, 'calls' | 'repairCalls' | 'lostCalls' | 'inFlight'>,
  /** Nobody works any more: calls in flight are those of workers that died. */
  { isAtRest }: { isAtRest: boolean },
): string {
  const repairs = repairCalls === 0 ? '' : ` and ${counted(repairCalls, 'repair call')}`;
  const dead = isAtRest ? inFlight : 0;
  const lost = lostCalls + dead;
  const replies = lost === 0 ? '' : `, ${count(lost)} whose reply was lost`;
  return `${counted(calls + dead, 'model call')}${repairs}${replies}`;
}

export function describeTokens(
  tokens: Pick<Spend, 'promptTokens' | 'cachedTokens' | 'completionTokens'>,
): string {
  const { promptTokens, cachedTokens, completionTokens } = tokens;
  const share = promptTokens === 0 ? '' : `, ${percent(cachedTokens, promptTokens)}`;
  return `${count(promptTokens)} prompt tokens (${count(cachedTokens)} cached${share}), ${count(completionTokens)} completion tokens`;
}

/** What it cost; undefined where there is nothing to say: the simulator, and a run without calls. */
export function describeCost(
  { nanoDollars, unpricedCalls }: Pick<Spend, 'nanoDollars' | 'unpricedCalls'>,
  model: string | undefined,
): string | undefined {
  if (unpricedCalls === 0) return nanoDollars === 0 ? undefined : dollarsText(nanoDollars);
  if (nanoDollars > 0) {
    return `${dollarsText(nanoDollars)} and what ${counted(unpricedCalls, 'call')} of unknown price cost`;
  }
  return model === SIMULATED_MODEL ? undefined : 'dollars unknown';
}

/** A budget for programs: the ledger's own numbers, and dollars beside them. */
export function budgetJson(budget: Budget): Budget & { readonly usd?: number } {
  const { nanoDollars } = budget;
  return nanoDollars === undefined ? budget : { ...budget, usd: nanoDollars / NANO };
}

/** A budget, and what is left of it; undefined where there is none. */
export function describeBudget(budget: Budget, left: Budget): string | undefined {
  const limits: string[] = [];
  if (budget.nanoDollars !== undefined) {
    limits.push(`${dollarsText(budget.nanoDollars)}, ${dollarsText(left.nanoDollars ?? 0)} left`);
  }
  if (budget.tokens !== undefined) {
    limits.push(`${count(budget.tokens)} tokens, ${count(left.tokens ?? 0)} left`);
  }
  return limits.length === 0 ? undefined : limits.join('; ');
}
