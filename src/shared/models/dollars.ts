import { NANO } from './prices.ts';

/** Below a dollar: a person is often cheaper than a cent. */
const SIGNIFICANT_DIGITS = 4;

/** US dollars × 10⁻⁹ as people read them: cents from a dollar on, below it up to four significant digits. */
export function dollarsText(nanoDollars: number): string {
  const dollars = nanoDollars / NANO;
  const zeros = dollars > 0 && dollars < 1 ? -Math.floor(Math.log10(dollars)) - 1 : 0;
  const digits = dollars < 1 ? zeros + SIGNIFICANT_DIGITS : 2;
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}
