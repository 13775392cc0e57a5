import type { FaultPath, Report } from './faults.ts';

/** As many digits after the point as the state form allows. */
export const MAX_DECIMALS = 6;
const DEFAULT_DECIMALS = 2;

/** Numbers are exact below this, when counted in units of their last digit. */
const LARGEST_EXACT = Number.MAX_SAFE_INTEGER;

/**
 * How many digits after the point the numbers of a range have, or undefined for whole numbers: what is `stated`, else 2 (or
 * more, where a bound has more) if any bound has a fraction, else none. Reports bounds that this many digits cannot hold.
 */
export function decimalsFor(
  bounds: readonly number[],
  stated: number | undefined,
  place: FaultPath,
  report: Report,
): { readonly decimals?: number } | undefined {
  const needed = bounds.reduce((most, bound) => Math.max(most, digitsAfterPoint(bound)), 0);
  const decimals = stated ?? (needed === 0 ? 0 : Math.max(needed, DEFAULT_DECIMALS));
  if (needed > decimals || decimals > MAX_DECIMALS) {
    const limit = stated === undefined ? MAX_DECIMALS : decimals;
    report(place, `expected bounds of at most ${limit} decimals, got one with ${needed}`);
    return undefined;
  }
  const largest = bounds.reduce((most, bound) => Math.max(most, Math.abs(bound)), 0);
  const exact = LARGEST_EXACT / Number(`1e${decimals}`);
  if (largest > exact) {
    report(place, `expected bounds of at most ${exact} either side of 0, got ${largest}`);
    return undefined;
  }
  return decimals === 0 ? {} : { decimals };
}

function digitsAfterPoint(value: number): number {
  if (Number.isInteger(value)) return 0;
  const [digits = '', exponent = '0'] = String(value).split('e');
  return Math.max(0, (digits.split('.')[1] ?? '').length - Number(exponent));
}
