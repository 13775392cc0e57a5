import {
  type Cells,
  type Characteristics,
  cellsOf,
  type Dimension,
  type Joint,
  type RangeDimension,
  type ValuesDimension,
} from './dimensions.ts';
import { largestRemainder } from './largest-remainder.ts';
import { createPermutation } from './permutation.ts';

/**
 * The sampling plan: slot → characteristics, a pure function of (dimensions, extents, seed, slot).
 *
 * A population that has grown consists of extents: `[1000, 200]` was planned as 1,000 and grew by 200. Each
 * extent is dealt what its predecessors leave of the exact counts of the grown population, so that growing never
 * changes anybody and the totals still add up. Inside an extent each dimension deals its counts to the slots through
 * a seeded permutation of its own, evaluated per slot: no list of slots is ever built.
 *
 * Every value's count is within one of its share, in each extent for ranges and in the population for weights. A
 * population that grows by a few people again and again may stray by one more.
 */
export interface Plan {
  readonly size: number;
  readonly dimensions: readonly Dimension[];
  /** The values sealed for a slot and the cells it fills, in the order of the dimensions. Throws RangeError outside `[0, size)`. */
  seal(slot: number): { readonly characteristics: Characteristics; readonly cells: Cells };
  /** `seal(slot).characteristics`. */
  characteristics(slot: number): Characteristics;
  /** How many of the population's slots fill each cell of a dimension, in the order of `cellsOf`. */
  counts(dimension: string): readonly number[];
}

/** The slots `[from, to)`: how the population was planned at first, or one step of its growth. */
interface Extent {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

interface Dealer {
  readonly name: string;
  /** The value of a slot, counted from the extent's first. */
  valueAt(slotInExtent: number): string | number;
}

export interface PlanOptions {
  readonly dimensions: readonly Dimension[];
  readonly joints?: readonly Joint[] | undefined;
  readonly extents: readonly number[];
  readonly seed: string;
}

export function createPlan({ dimensions, joints: _joints, extents, seed }: PlanOptions): Plan {
  const parts: (Extent & { readonly dealers: readonly Dealer[] })[] = [];
  const dealt = new Map<Dimension, readonly number[]>();
  let size = 0;
  for (const [index, length] of extents.entries()) {
    const extent = { index, from: size, to: size + length };
    size = extent.to;
    parts.push({
      ...extent,
      dealers: dimensions.map((dimension) =>
        dimension.kind === 'range'
          ? dealRange(dimension, extent, seed)
          : dealValues(dimension, extent, seed, dealt),
      ),
    });
  }

  const seal = (slot: number) => {
    const part = parts.find(({ from, to }) => slot >= from && slot < to);
    if (part === undefined || !Number.isInteger(slot)) {
      throw new RangeError(`slot ${slot} is outside this population: expected an integer in [0, ${size})`);
    }
    const characteristics: Record<string, string | number> = Object.create(null);
    for (const dealer of part.dealers) characteristics[dealer.name] = dealer.valueAt(slot - part.from);
    return { characteristics, cells: characteristics };
  };
  return {
    size,
    dimensions,
    seal,
    characteristics: (slot) => seal(slot).characteristics,
    counts(name) {
      const dimension = dimensions.find((each) => each.name === name);
      if (dimension === undefined) throw new RangeError(`there is no dimension ${name}`);
      return dealt.get(dimension) ?? cellsOf(dimension).map(() => size);
    },
  };
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * One point in each of `length` equal strata of the range: each integer's count is within one of its share.
 *
 * The midpoints at first. In every later extent the points move on by the golden ratio of a stratum (a Kronecker
 * sequence): a population that grows one by one would otherwise get the middle of the range each time.
 */
function dealRange({ name, min, max }: RangeDimension, extent: Extent, seed: string): Dealer {
  const length = extent.to - extent.from;
  const position = shuffled(name, extent, seed);
  const width = max - min + 1;
  const offset = (0.5 + extent.index * GOLDEN_RATIO) % 1;
  return { name, valueAt: (slot) => min + Math.floor(((position(slot) + offset) / length) * width) };
}

/** `dealt` holds what the extents before have dealt of each value; it is carried on. */
function dealValues(
  dimension: ValuesDimension,
  extent: Extent,
  seed: string,
  dealt: Map<Dimension, readonly number[]>,
): Dealer {
  const { name } = dimension;
  const position = shuffled(name, extent, seed);
  const weights = dimension.values.map(({ weight }) => weight);
  const before = dealt.get(dimension) ?? [];
  const after = largestRemainder(weights, extent.to, before);
  dealt.set(dimension, after);
  const ends = cumulative(after.map((count, index) => count - (before[index] ?? 0)));
  const values = dimension.values.map(({ value }) => value);
  const valueAt = (slot: number) => {
    const value = values[firstAbove(ends, position(slot))];
    if (value === undefined) throw new RangeError(`dimension ${name} has no value for slot ${slot}`);
    return value;
  };
  return { name, valueAt };
}

function shuffled(name: string, { from, to }: Extent, seed: string): (slot: number) => number {
  return createPermutation(to - from, JSON.stringify([seed, 'dimension', name, from]));
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
