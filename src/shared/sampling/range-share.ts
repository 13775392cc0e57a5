import { cellsOf, type RangeDimension } from './dimensions.ts';
import { rangeCells } from './range-values.ts';

/**
 * The share of a range's sealed values that the plan puts in `[from, to]`, both ends included: 0 to 1. The target of
 * reports over ranges that have no cells to count. It takes the dimension's own weights; a joint table may give its bands
 * other shares.
 */
export function rangeShare(dimension: RangeDimension, from: number, to: number): number {
  const weights = cellsOf(dimension).map(({ weight }) => weight);
  // Divided by the largest first, as in largestRemainder: a sum of huge weights would overflow.
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  const whole = weights.reduce((sum, weight) => sum + weight / largest, 0);
  return rangeCells(dimension).reduce(
    (sum, cell, index) => sum + ((weights[index] ?? 0) / largest / whole) * cell.shareWithin(from, to),
    0,
  );
}
