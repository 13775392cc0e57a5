import type { RangeDimension } from './dimensions.ts';
import { normalMass } from './normal-distribution.ts';
import { firstFrom, gridOfBand, gridOfRange, lastUpTo, type NumberGrid } from './number-grid.ts';

/** How the numbers of one cell of a range (the whole of it, or a band) are distributed. */
export interface RangeCell {
  /**
   * The number below which a share `point` of the cell lies, for a point in [0, 1). Equally spaced points
   * therefore hit every number, and every run of numbers, as often as its share says, to within one.
   */
  valueAt(point: number): number;
  /** The share of the cell's sealed values in `[from, to]`, 0 to 1. */
  shareWithin(from: number, to: number): number;
}

/** The cells of a range, in the order of `cellsOf`: one for each band, or one for the whole. */
export function rangeCells(dimension: RangeDimension): RangeCell[] {
  const { distribution } = dimension;
  if (distribution === undefined) return [uniformCell(gridOfRange(dimension))];
  if (distribution.kind === 'normal') return [normalCell(gridOfRange(dimension), distribution)];
  return distribution.bands.map((band) => uniformCell(gridOfBand(dimension, band)));
}

/** Every number of the grid has the same share. */
function uniformCell({ low, high, scale }: NumberGrid): RangeCell {
  const width = high - low + 1;
  return {
    valueAt(point) {
      // The ends may be further apart than the largest number.
      const at = Number.isFinite(width)
        ? low + Math.floor(point * width)
        : Math.floor(low * (1 - point) + high * point);
      return onGrid(Math.min(at, high), scale);
    },
    shareWithin(from, to) {
      const part = overlap({ low, high, scale }, from, to);
      if (part === undefined) return 0;
      return (part.last / 2 - part.first / 2 + 0.5) / (high / 2 - low / 2 + 0.5);
    },
  };
}

/** No cell is searched for longer; it is narrowed down to a 2^64th, which only cells wider than that can notice. */
const HALVINGS_AT_MOST = 64;

/**
 * A number of the grid has the share of the normal distribution that lies within half a unit of it, out of what lies in
 * the cell: a normal distribution rounded to the grid and truncated to the cell. Where nothing of it does, since the mean
 * is too many standard deviations away, everybody stands at the end nearest to it.
 *
 * A value is found by halving the cell, so it agrees with `shareWithin` to the last digit; that is exacter than a
 * quantile function, and needs no table however wide the cell is.
 */
function normalCell(grid: NumberGrid, { mean, sd }: { mean: number; sd: number }): RangeCell {
  const { low, high, scale } = grid;
  // Halves, since the distance of two numbers may be more than the largest number; and no division by a 0.
  const halfSd = Math.max(sd / 2, 1e-300);
  const deviations = (unit: number) => (unit / scale / 2 - mean / 2) / halfSd;
  const start = deviations(low - 0.5);
  const whole = normalMass(start, deviations(high + 0.5));
  if (whole < Number.MIN_VALUE / Number.EPSILON) {
    const nearest = mean < low / scale ? low : high;
    return uniformCell({ low: nearest, high: nearest, scale });
  }
  return {
    valueAt(point) {
      let first = low;
      let last = high;
      for (let halving = 0; first < last && halving < HALVINGS_AT_MOST; halving += 1) {
        const middle = Math.floor(first / 2 + last / 2);
        if (normalMass(start, deviations(middle + 0.5)) > point * whole) last = middle;
        else first = middle + 1;
      }
      return onGrid(first, scale);
    },
    shareWithin(from, to) {
      const part = overlap(grid, from, to);
      if (part === undefined) return 0;
      return normalMass(deviations(part.first - 0.5), deviations(part.last + 0.5)) / whole;
    },
  };
}

function overlap({ low, high, scale }: NumberGrid, from: number, to: number) {
  const first = from * scale <= low ? low : firstFrom(from, scale);
  const last = to * scale >= high ? high : lastUpTo(to, scale);
  return first <= last && first <= high && last >= low ? { first, last } : undefined;
}

/** The number itself; never -0, which prints as 0 and compares as another. */
function onGrid(unit: number, scale: number): number {
  return unit / scale + 0;
}

/**
 * What is sealed for a number of this range: the number itself, or with a unit a text that prints it with the range's
 * digits, thousands grouped as in en-US: `$63,412`, `1,250 km`.
 */
export function numberSealer({ unit, decimals = 0 }: RangeDimension): (value: number) => number | string {
  if (unit === undefined) return (value) => value;
  const digits = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return (value) => `${unit.before}${digits.format(value)}${unit.after}`;
}
