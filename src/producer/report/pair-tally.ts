import type { Joint } from '../../shared/sampling/dimensions.ts';
import type { CellScheme } from './cells.ts';
import { expectedPairNoise, expectedRounding, sharesOf, totalVariation } from './statistics.ts';

export interface PairReport {
  readonly first: string;
  readonly second: string;
  /** `joint`: the target is a given joint table. `independent`: the product of the two marginals. */
  readonly target: 'joint' | 'independent';
  /** Distance to the target; null where there is nobody to measure. */
  readonly tvd: { readonly plan: number; readonly output: number | null };
  /** The distance that chance (independent) or rounding (joint) alone is expected to make. */
  readonly noise: { readonly plan: number; readonly output: number | null };
}

export interface PairsReport {
  readonly pairs: readonly PairReport[];
  /** Pairs that were not measured, beyond the limit. */
  readonly omitted: number;
}

/** Pairs of 12 dimensions. */
export const MAX_PAIRS = 66;

/** How much further than expected a pair is from its target; null where there is nobody to measure. */
export function excessOf({ tvd, noise }: PairReport): number | null {
  return tvd.output === null || noise.output === null ? null : Math.max(0, tvd.output - noise.output);
}

/** Dimensions with more cells have their smaller ones taken together, so that a table has 2,500 cells at the most. */
const MAX_CELLS = 49;

/** Which cell of each dimension a person fills, in the order of the schemes; -1 for none. */
export type CellIndexes = readonly number[];

export interface PairTally {
  plan(indexes: CellIndexes): void;
  output(indexes: CellIndexes): void;
  report(): PairsReport;
}

/** Joint counts of pairs of dimensions: those of one joint table first, then in the order of the dimensions, up to `MAX_PAIRS`. */
export function createPairTally(schemes: readonly CellScheme[], joints: readonly Joint[]): PairTally {
  const folds = schemes.map(foldOf);
  const all = schemes.flatMap((_, first) =>
    schemes.slice(first + 1).map((_, offset) => ({ first, second: first + 1 + offset })),
  );
  const inOneJoint = ({ first, second }: { first: number; second: number }) =>
    jointOf(schemes[first], schemes[second], joints);
  const pairs = all
    .toSorted((a, b) => Number(inOneJoint(b) !== undefined) - Number(inOneJoint(a) !== undefined))
    .slice(0, MAX_PAIRS)
    .map((pair) => {
      const width = (folds[pair.second]?.shares.length ?? 0) + 1;
      const cells = ((folds[pair.first]?.shares.length ?? 0) + 1) * width;
      return { ...pair, width, planned: new Float64Array(cells), stated: new Float64Array(cells) };
    });
  const add = (table: 'planned' | 'stated', indexes: CellIndexes) => {
    const folded = folds.map((fold, dimension) => fold.indexOf(indexes[dimension] ?? -1));
    for (const pair of pairs) {
      const counts = pair[table];
      const position = (folded[pair.first] ?? 0) * pair.width + (folded[pair.second] ?? 0);
      counts[position] = (counts[position] ?? 0) + 1;
    }
  };
  return {
    plan: (indexes) => add('planned', indexes),
    output: (indexes) => add('stated', indexes),
    report: () => ({
      omitted: all.length - pairs.length,
      pairs: pairs.flatMap(({ first, second, width, planned, stated }) => {
        const [a, b, foldA, foldB] = [schemes[first], schemes[second], folds[first], folds[second]];
        if (a === undefined || b === undefined || foldA === undefined || foldB === undefined) return [];
        const joint = jointOf(a, b, joints);
        const target = new Array<number>(planned.length).fill(0);
        if (joint === undefined) {
          for (const [row, p] of foldA.shares.entries())
            for (const [column, q] of foldB.shares.entries()) target[row * width + column] = p * q;
        } else {
          const [rowAt, columnAt] = [a, b].map(({ dimension }) => joint.dimensions.indexOf(dimension.name));
          const total = joint.cells.reduce((sum, { weight }) => sum + weight, 0);
          for (const { at, weight } of joint.cells) {
            const cell = foldA.indexOf(at[rowAt ?? 0] ?? -1) * width + foldB.indexOf(at[columnAt ?? 0] ?? -1);
            target[cell] = (target[cell] ?? 0) + weight / total;
          }
        }
        const occupied = target.filter((share) => share > 0).length;
        const noise = (people: number) =>
          joint === undefined
            ? expectedPairNoise(foldA.shares, foldB.shares, people)
            : expectedRounding(occupied, people);
        const distance = (counts: Float64Array) => {
          const shares = sharesOf([...counts]);
          return shares === undefined ? null : totalVariation(shares, target);
        };
        const people = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);
        const report: PairReport = {
          first: a.dimension.name,
          second: b.dimension.name,
          target: joint === undefined ? 'independent' : 'joint',
          tvd: { plan: distance(planned) ?? 0, output: distance(stated) },
          noise: {
            plan: noise(people(planned)),
            output: people(stated) === 0 ? null : noise(people(stated)),
          },
        };
        return [report];
      }),
    }),
  };
}

/** The joint that both are in; bins know nothing of joints, in which a range without bands is one cell. */
function jointOf(
  first: CellScheme | undefined,
  second: CellScheme | undefined,
  joints: readonly Joint[],
): Joint | undefined {
  if (first === undefined || second === undefined || first.binned || second.binned) return undefined;
  return joints.find(({ dimensions }) =>
    [first, second].every(({ dimension }) => dimensions.includes(dimension.name)),
  );
}

/** The largest cells as they are, the rest as one; what is outside of all (-1) comes after them. */
function foldOf({ cells }: CellScheme): { shares: number[]; indexOf(index: number): number } {
  const shares = cells.map(({ share }) => share);
  if (cells.length <= MAX_CELLS) {
    return { shares, indexOf: (index) => (index < 0 ? cells.length : index) };
  }
  const largest = shares
    .map((share, index) => ({ share, index }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, MAX_CELLS);
  const positions = new Map(largest.map(({ index }, position) => [index, position]));
  const kept = largest.map(({ share }) => share);
  const rest = Math.max(0, 1 - kept.reduce((sum, share) => sum + share, 0));
  return {
    shares: [...kept, rest],
    indexOf: (index) => (index < 0 ? MAX_CELLS + 1 : (positions.get(index) ?? MAX_CELLS)),
  };
}
