import type { Characteristics, Dimension } from './dimensions.ts';
import { largestRemainder } from './largest-remainder.ts';
import { createPermutation } from './permutation.ts';

/**
 * The sampling plan: slot → characteristics, a pure function of (dimensions, extents, seed, slot).
 *
 * A population that has grown consists of extents: `[1000, 200]` was planned as 1,000 and grew by 200. Each
 * extent is divided on its own, by the difference between the exact counts before and after it, so that growing
 * never changes anybody and the totals still add up. Inside an extent each dimension deals its counts to the
 * slots through a seeded permutation of its own, evaluated per slot: no list of slots is ever built.
 */
export interface Plan {
  readonly size: number;
  /** The values sealed for a slot, in the order of the dimensions. Throws RangeError outside `[0, size)`. */
  characteristics(slot: number): Characteristics;
}

interface Dealer {
  readonly name: string;
  /** The value at position `p` of the extent's shuffled slots. */
  valueAt(slotInExtent: number): string | number;
}

export function createPlan(dimensions: readonly Dimension[], extents: readonly number[], seed: string): Plan {
  const parts: { from: number; to: number; dealers: Dealer[] }[] = [];
  let from = 0;
  for (const length of extents) {
    const to = from + length;
    const start = from;
    parts.push({
      from,
      to,
      dealers: dimensions.map((dimension) => createDealer(dimension, start, to, seed)),
    });
    from = to;
  }
  const size = from;

  return {
    size,
    characteristics(slot) {
      const part = parts.find(({ from, to }) => slot >= from && slot < to);
      if (part === undefined || !Number.isInteger(slot)) {
        throw new RangeError(`slot ${slot} is outside this population: expected an integer in [0, ${size})`);
      }
      const sealed: Record<string, string | number> = Object.create(null);
      for (const dealer of part.dealers) sealed[dealer.name] = dealer.valueAt(slot - part.from);
      return sealed;
    },
  };
}

function createDealer(dimension: Dimension, from: number, to: number, seed: string): Dealer {
  const length = to - from;
  const position = createPermutation(length, JSON.stringify([seed, 'dimension', dimension.name, from]));
  if (dimension.kind === 'range') {
    const width = dimension.max - dimension.min + 1;
    // Midpoints of equal strata: each integer's count is within one of its share, for any length.
    const valueAt = (slot: number) => dimension.min + Math.floor(((position(slot) + 0.5) / length) * width);
    return { name: dimension.name, valueAt };
  }
  const weights = dimension.values.map(({ weight }) => weight);
  const ends = cumulative(growthCounts(weights, from, to));
  const values = dimension.values.map(({ value }) => value);
  const valueAt = (slot: number) => {
    const value = values[firstAbove(ends, position(slot))];
    if (value === undefined)
      throw new RangeError(`dimension ${dimension.name} has no value for slot ${slot}`);
    return value;
  };
  return { name: dimension.name, valueAt };
}

/**
 * Counts for the slots `[from, to)`: the exact division of `to` less that of `from`. Largest remainders are not
 * monotone (the Alabama paradox), so a difference can be -1; it is set to 0 and taken from the largest count.
 */
function growthCounts(weights: readonly number[], from: number, to: number): number[] {
  const before = largestRemainder(weights, from);
  const counts = largestRemainder(weights, to).map((count, index) => count - (before[index] ?? 0));
  for (let index = 0; index < counts.length; index += 1) {
    const deficit = -(counts[index] ?? 0);
    if (deficit <= 0) continue;
    counts[index] = 0;
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest] = (counts[largest] ?? 0) - deficit;
  }
  return counts;
}

function cumulative(counts: readonly number[]): number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

/** Index of the first element of an ascending list that is above `value`. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Number.POSITIVE_INFINITY) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
