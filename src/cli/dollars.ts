import { NANO } from '../shared/models/prices.ts';

/** US dollars × 10⁻⁹ as people read them: below a dollar to a hundredth of a cent, as a person is often cheaper than a cent. */
export function dollarsText(nanoDollars: number): string {
  const dollars = nanoDollars / NANO;
  const digits = dollars < 1 ? 4 : 2;
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}
