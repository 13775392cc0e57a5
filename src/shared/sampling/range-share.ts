import { cellsOf, type RangeDimension } from './dimensions.ts';
import { rangeCells } from './range-values.ts';
import { sharesOf } from './shares.ts';

/**
 * The share of a range's sealed values that the plan puts in `[from, to]`, both ends included: 0 to 1. The target of
 * reports over ranges that have no cells to count. It takes the dimension's own weights; a joint table may give its bands
 * other shares.
 */
export function rangeShare(dimension: RangeDimension, from: number, to: number): number {
  const shares = sharesOf(cellsOf(dimension).map(({ weight }) => weight));
  return rangeCells(dimension).reduce(
    (sum, cell, index) => sum + (shares[index] ?? 0) * cell.shareWithin(from, to),
    0,
  );
}
