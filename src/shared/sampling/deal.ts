import type { Block, BlockMember } from './blocks.ts';
import { cumulative, firstAbove } from './cumulative-counts.ts';
import { cellsOf, type RangeDimension } from './dimensions.ts';
import { createPermutation } from './permutation.ts';
import { numberSealer, rangeCells } from './range-values.ts';

/** The slots `[from, to)`: how the population was planned at first, or one step of its growth. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** What is sealed for one slot, by the index of the dimension: the value, and the label of the cell it is from. */
export interface SealedSlot {
  readonly values: (string | number)[];
  readonly labels: (string | number)[];
}

/** Seals the values of a block's dimensions for a slot counted from its extent's first. Pure; O(log cells), no list of slots. */
export type Hand = (slotInExtent: number, sealed: SealedSlot) => void;

export interface Dealer {
  /** Deals the next extent: extents come in order, each from where the last one ended. */
  deal(extent: Extent): Hand;
  /** What has been dealt of each of the block's cells. */
  counts(): readonly number[];
}

/**
 * Deals the counts of a block to slots: a seeded permutation of the extent gives every slot a position, and positions
 * fill the cells one after another.
 */
export function createDealer(block: Block, seed: string): Dealer {
  let dealt: readonly number[] | undefined;
  const members = block.members.map((member) => createMember(member, block.members.length > 1, seed));
  return {
    counts: () => dealt ?? [],
    deal({ from, to }) {
      const before = dealt;
      const after = block.divide(to, before, JSON.stringify([seed, ...block.key, from, 'counts']));
      dealt = after;
      const added = after.map((count, cell) => count - (before?.[cell] ?? 0));
      const filled = [...added.keys()].filter((cell) => added[cell] !== 0);
      const counts = filled.map((cell) => added[cell] ?? 0);
      const ends = cumulative(counts);
      const positionOf = createPermutation(to - from, JSON.stringify([seed, ...block.key, from]));
      const hands = members.map((deal) => deal(filled, counts, from));
      return (slotInExtent, sealed) => {
        const position = positionOf(slotInExtent);
        const cell = firstAbove(ends, position);
        const rank = position - (ends[cell - 1] ?? 0);
        for (const hand of hands) hand(cell, rank, sealed);
      };
    },
  };
}

/** Seals one dimension's value for the person of a rank in the nth of the filled cells. */
type MemberHand = (nthFilled: number, rank: number, sealed: SealedSlot) => void;
type MemberDeal = (filled: readonly number[], counts: readonly number[], from: number) => MemberHand;

function createMember(member: BlockMember, isJoined: boolean, seed: string): MemberDeal {
  const { dimension } = member;
  return dimension.kind === 'range'
    ? createRangeMember(member, dimension, (band, from, people) =>
        isJoined
          ? createPermutation(people, JSON.stringify([seed, 'range', dimension.name, band, from]))
          : (rank) => rank,
      )
    : createValuesMember(member);
}

function createValuesMember({ index, dimension, cellOf }: BlockMember): MemberDeal {
  const labels = cellsOf(dimension).map(({ label }) => label);
  return (filled) => {
    const values = filled.map((cell) => labels[cellOf[cell] ?? 0] ?? '');
    return (nth, _rank, { values: sealed, labels: sealedLabels }) => {
      const value = values[nth] ?? '';
      sealed[index] = value;
      sealedLabels[index] = value;
    };
  };
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * One point in each of as many equal strata of a band, or of the whole range, as people are in it: each number's
 * count is within one of its share among them.
 *
 * The midpoints at first. Each time a band is dealt again the points move on by the golden ratio of a stratum (a
 * Kronecker sequence): a population that grows one by one would otherwise get the middle of the band each time.
 *
 * In a joint the people of a band are spread over many cells. Its strata are dealt to them through a seeded permutation
 * of the band's own, so that the band is covered as evenly as if it were independent, and where somebody stands in it says nothing
 * about the other dimensions.
 */
function createRangeMember(
  { index, cellOf }: BlockMember,
  dimension: RangeDimension,
  strataOf: (band: number, from: number, people: number) => (rank: number) => number,
): MemberDeal {
  const ranges = rangeCells(dimension);
  const labels = cellsOf(dimension).map(({ label }) => label);
  const seal = numberSealer(dimension);
  const timesDealt: number[] = ranges.map(() => 0);
  return (filled, counts, from) => {
    const people: number[] = ranges.map(() => 0);
    const starts = filled.map((cell, nth) => {
      const band = cellOf[cell] ?? 0;
      const start = people[band] ?? 0;
      people[band] = start + (counts[nth] ?? 0);
      return start;
    });
    const strata = people.map((count, band) => {
      if (count === 0) return undefined;
      const times = timesDealt[band] ?? 0;
      timesDealt[band] = times + 1;
      return { count, offset: (0.5 + times * GOLDEN_RATIO) % 1, stratumOf: strataOf(band, from, count) };
    });
    return (nth, rank, sealed) => {
      const band = cellOf[filled[nth] ?? 0] ?? 0;
      const range = ranges[band];
      const dealt = strata[band];
      if (range === undefined || dealt === undefined)
        throw new RangeError(`nobody is in cell ${band} of ${dimension.name}`);
      const point = (dealt.stratumOf((starts[nth] ?? 0) + rank) + dealt.offset) / dealt.count;
      sealed.values[index] = seal(range.valueAt(point));
      sealed.labels[index] = labels[band] ?? '';
    };
  };
}
