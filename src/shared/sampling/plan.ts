import { blocksOf } from './blocks.ts';
import { firstAbove } from './cumulative-counts.ts';
import { createDealer, type Hand, type SealedSlot } from './deal.ts';
import {
  type Cells,
  type Characteristics,
  cellsOf,
  type Dimension,
  type Joint,
  jointFault,
} from './dimensions.ts';
import { groupSums } from './group-sums.ts';

/**
 * The sampling plan: slot → characteristics, a pure function of (dimensions, joints, extents, seed, slot).
 *
 * A population that has grown consists of extents: `[1000, 200]` was planned as 1,000 and grew by 200. Each
 * extent is dealt what its predecessors leave of the exact counts of the grown population, so that growing never
 * changes anybody and the totals still add up. Inside an extent each dimension, and each joint, deals its counts to the slots
 * through a seeded permutation of its own, evaluated per slot: no list of slots is ever built.
 *
 * What it promises, of a population planned at once:
 * - Counts sum to the size, and are never negative. No value, band or cell of weight 0 gets anybody.
 * - The count of every value and band of an independent dimension is its share rounded down or up.
 * - In a joint of two dimensions so are the counts of every cell and of both dimensions. In one of more dimensions every
 *   dimension's counts are within one of their shares; what zeros of the table can stand against says `roundJoint`. Of a
 *   dimension's shares its joint decides, not the dimension's own weights.
 * - In a range, or in a band's own count, the count of every number, and of every run of numbers, is within one of its share.
 *
 * Of a population that has grown: nobody changes, and what is said of sums and weights of 0 still holds. Counts of values and
 * bands are within one of their shares, or within two where an earlier size was rounded up to more than the present share.
 * The same goes for the counts of a joint's dimensions; its cells may be one further still. The numbers of a range are within
 * one in each extent.
 *
 * Costs: when it is made, one rounding of each block for each extent, and memory by the cells that it fills. A rounding takes
 * microseconds, a few milliseconds in a joint of a thousand cells, one or two seconds in the most hostile joint there may be
 * (`roundJoint`). Then per slot O(log extents + log cells), and no memory.
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
  /** How many of the population's slots fill each cell of the joint at this index, in the joint's order. */
  jointCounts(joint: number): readonly number[];
}

export interface PlanOptions {
  readonly dimensions: readonly Dimension[];
  readonly joints?: readonly Joint[] | undefined;
  /** Slots planned at first, then those of each step of growth: whole numbers, 1 or more. */
  readonly extents: readonly number[];
  readonly seed: string;
}

/** Throws RangeError for joints that do not fit the dimensions and for extents that are not whole numbers above 0. */
export function createPlan({ dimensions, joints = [], extents, seed }: PlanOptions): Plan {
  const fault = jointFault(dimensions, joints);
  if (fault !== undefined) throw new RangeError(fault);
  const blocks = blocksOf(dimensions, joints);
  const dealers = blocks.map((block) => createDealer(block, seed));
  const ends: number[] = [];
  const hands: (readonly Hand[])[] = [];
  let size = 0;
  for (const length of extents) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new RangeError(`expected extents of 1 slot or more, got ${length}`);
    }
    const extent = { from: size, to: size + length };
    size = extent.to;
    ends.push(size);
    hands.push(dealers.map((dealer) => dealer.deal(extent)));
  }

  const seal = (slot: number) => {
    const part = firstAbove(ends, slot);
    const dealt = hands[part];
    if (dealt === undefined || !Number.isInteger(slot) || slot < 0) {
      throw new RangeError(`slot ${slot} is outside this population: expected an integer in [0, ${size})`);
    }
    const sealed: SealedSlot = { values: [], labels: [] };
    const slotInExtent = slot - (ends[part - 1] ?? 0);
    for (const hand of dealt) hand(slotInExtent, sealed);
    return { characteristics: named(dimensions, sealed.values), cells: named(dimensions, sealed.labels) };
  };
  return {
    size,
    dimensions,
    seal,
    characteristics: (slot) => seal(slot).characteristics,
    counts(name) {
      for (const [at, { members }] of blocks.entries()) {
        const member = members.find(({ dimension }) => dimension.name === name);
        if (member === undefined) continue;
        return groupSums(dealers[at]?.counts() ?? [], member.cellOf, cellsOf(member.dimension).length);
      }
      throw new RangeError(`there is no dimension ${JSON.stringify(name)}`);
    },
    jointCounts(index) {
      const dealer = joints[index] === undefined ? undefined : dealers[index];
      if (dealer === undefined)
        throw new RangeError(`there is no joint ${index}: this plan has ${joints.length}`);
      return dealer.counts();
    },
  };
}

/** Without a prototype, so that a dimension may have any name. */
function named(dimensions: readonly Dimension[], values: readonly (string | number)[]) {
  const byName: Record<string, string | number> = Object.create(null);
  for (const [index, { name }] of dimensions.entries()) byName[name] = values[index] ?? '';
  return byName;
}
