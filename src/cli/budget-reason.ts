import type { Budget } from '../shared/limits/ledger.ts';
import { NANO } from '../shared/models/prices.ts';

/** What a pause for a budget says of it. A pause keeps its reason as a text only: that of `limiter-refusals.ts`. */
export interface BudgetReason {
  readonly unit: keyof Budget;
  /** In US dollars × 10⁻⁹ or tokens; undefined where the text does not say. */
  readonly spent: number | undefined;
  readonly nextCall: number | undefined;
  /** Of all populations together. */
  readonly isFleets: boolean;
}

/** undefined for a pause of another kind. */
export function readBudgetReason(reason: string): BudgetReason | undefined {
  const [, whose, cap = ''] = /(the budget|the fleet's budget) of (\$?[\d.,]+)/.exec(reason) ?? [];
  if (whose === undefined) return undefined;
  const [, spent] = /: (\$?[\d.,]+)[^:]* (?:is|are) spent/.exec(reason) ?? [];
  const [, nextCall] = /the next call may take (\$?[\d.,]*\d)/.exec(reason) ?? [];
  return {
    unit: cap.startsWith('$') ? 'nanoDollars' : 'tokens',
    spent: amountOf(spent),
    nextCall: amountOf(nextCall),
    isFleets: whose !== 'the budget',
  };
}

function amountOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/[$,]/g, ''));
  if (!Number.isFinite(value)) return undefined;
  return text.startsWith('$') ? Math.ceil(value * NANO) : value;
}

/** To two digits, upwards: a number to type. */
export function roundedUp(value: number): number {
  if (value <= 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  // Divided and multiplied, 0.06 is 0.060000000000000005.
  return Number((Math.ceil(Number((value / unit).toPrecision(12))) * unit).toPrecision(12));
}

/** An option of `resume` that sets a budget of so much, rounded up. */
export function budgetOption(unit: keyof Budget, amount: number): string {
  return unit === 'nanoDollars'
    ? `--budget-usd ${plain(roundedUp(amount / NANO))}`
    : `--budget-tokens ${Math.ceil(roundedUp(amount))}`;
}

/** Without an exponent. */
function plain(value: number): string {
  return value >= 1e-6 ? String(value) : value.toFixed(9).replace(/0+$/, '');
}
