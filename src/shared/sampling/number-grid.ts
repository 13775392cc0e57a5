import type { RangeDimension } from './dimensions.ts';

/**
 * The numbers that can be sealed for a range or a band, in units of its last digit: `low / scale`, `(low + 1) / scale`, …,
 * `high / scale`. A range of whole numbers has scale 1; one of prices with two decimals counts cents.
 *
 * Everything about ranges is decided on these integers, so that floats are apportioned as exactly as whole numbers, and a
 * sealed value is the double nearest to the decimal that it prints as.
 */
export interface NumberGrid {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
}

/** What of a range decides which numbers are in it. Not `RangeDimension`, whose schema asks `holdsNumber`. */
interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly decimals?: number;
}

/** Whether any number with the range's decimals lies in `[min, max]`, the range itself or a band of it. */
export function holdsNumber(range: Bounds, { min, max }: { min: number; max: number }): boolean {
  const scale = scaleOf(range);
  return firstFrom(min, scale) <= lastUpTo(max, scale);
}

/** The numbers of a range; both ends are among them where they have no more digits than the range. */
export function gridOfRange(dimension: RangeDimension): NumberGrid {
  return gridBetween(dimension, scaleOf(dimension), false);
}

/**
 * The numbers of one band. Bands of whole numbers include both ends. Bands of others meet at an end, which belongs to
 * the upper one; so all but the last of a range go without their upper end.
 */
export function gridOfBand(dimension: RangeDimension, band: { min: number; max: number }): NumberGrid {
  const isOpen = dimension.decimals !== undefined && band.max < dimension.max;
  return gridBetween(band, scaleOf(dimension), isOpen);
}

/** There is a number between the ends: the dimension schema holds that. */
function gridBetween({ min, max }: { min: number; max: number }, scale: number, isOpen: boolean): NumberGrid {
  const low = firstFrom(min, scale);
  const last = lastUpTo(max, scale);
  const high = isOpen && last > low && last / scale === max ? last - 1 : last;
  if (low <= high) return { low, high, scale };
  throw new RangeError(`no number in steps of 1/${scale} lies between ${min} and ${max}`);
}

const MOST_EXACT = 2 ** 53;

/** Digits that the range's ends are too large to carry are left out: past 2^53 doubles are further apart than that. */
function scaleOf({ min, max, decimals = 0 }: Bounds): number {
  const furthest = Math.max(Math.abs(min), Math.abs(max));
  let digits = decimals;
  while (digits > 0 && furthest * 10 ** digits > MOST_EXACT) digits -= 1;
  return 10 ** digits;
}

// A product such as 0.07 * 100 is a little off; the quotient of two integers is the double that the decimal is read as.

/** The first number of the grid that is not below `value`, in units of the grid. */
export function firstFrom(value: number, scale: number): number {
  const near = Math.round(value * scale);
  return near / scale < value ? near + 1 : near;
}

/** The last number of the grid that is not above `value`, in units of the grid. */
export function lastUpTo(value: number, scale: number): number {
  const near = Math.round(value * scale);
  return near / scale > value ? near - 1 : near;
}
