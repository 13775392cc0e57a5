import { sumOfBudgets } from '../producer/budget.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import { dollarsText } from '../shared/models/dollars.ts';
import { count } from './count.ts';
import type { Run } from './runs.ts';

/** One line where a spec says another budget than before; undefined where it does not. */
export function describeReplaced(runs: readonly Pick<Run, 'replaced' | 'before'>[]): string | undefined {
  const changed = runs.filter(({ replaced }) => replaced !== undefined);
  if (changed.length === 0) return undefined;
  const was = sumOfBudgets(changed.map(({ replaced }) => replaced ?? {}));
  const now = sumOfBudgets(changed.map(({ before }) => before.budget));
  return `the spec says another budget than before: ${budgetText(now)} instead of ${budgetText(was)}`;
}

function budgetText({ nanoDollars, tokens }: Budget): string {
  const limits = [
    ...(nanoDollars === undefined ? [] : [dollarsText(nanoDollars)]),
    ...(tokens === undefined ? [] : [`${count(tokens)} tokens`]),
  ];
  return limits.join(' and ') || 'none';
}
