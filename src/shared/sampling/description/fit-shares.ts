import { groupSums } from '../group-sums.ts';
import type { Margin } from '../proportional-fitting.ts';
import { dropImpossible } from './cell-bounds.ts';

export type Fitting =
  | { readonly fits: true; readonly shares: readonly number[] }
  /** The sum that stays furthest from its target however long one goes on; 0 where it has no cells at all. */
  | { readonly fits: false; readonly margin: number; readonly group: number; readonly sum: number };

/** Every sum of fitted shares is this close to its target; see `CREEPING_TOLERANCE` for the exception. */
export const FIT_TOLERANCE = 1e-9;

/**
 * What passes where the sums still come nearer when the rounds are spent, one person in a million: they can be met, then, and
 * calling them a contradiction would be wrong.
 */
const CREEPING_TOLERANCE = 1e-6;
/** Where the fitting goes on to where it converges fast, since it costs next to nothing. */
const FINE_TOLERANCE = 1e-13;
const FIRST_LOOK = 1_024;
const MAX_ROUNDS = 131_072;
/** Scalings of one cell, for seconds at most. */
const MAX_WORK = 200_000_000;
/** By 1/n a cell halves whenever the rounds double; one that is bound for more than 0 settles. */
const SHRINKING = 0.75;
/** A distance that is not even a tenth shorter after as many rounds again will not be covered. */
const STANDING_STILL = 0.9;

/**
 * Scales cells until all their sums are on target, to `FIT_TOLERANCE`; the targets of each margin sum to 1. What the seed
 * says of how cells depend on each other is kept, and cells of weight 0 keep that. Says so when no shares with the seed's
 * zeros have these sums.
 *
 * Iterative proportional fitting (W. E. Deming and F. F. Stephan, On a Least Squares Adjustment of a Sampled Frequency Table
 * When the Expected Marginal Totals are Known, Annals of Mathematical Statistics 11(4), 1940) converges geometrically where
 * the result has no other zeros than the seed (I. Csiszár, I-Divergence Geometry of Probability Distributions and
 * Minimization Problems, Annals of Probability 3(1), 1975). Towards zeros that the targets bring about it only creeps, by
 * 1/n. So these are set to 0 beforehand: those that follow from bounds, and those that go on shrinking whenever the rounds
 * double. The latter is a guess; where it leads nowhere, it is taken back. `fitProportionally`, which serves whole counts,
 * stops far earlier: here, stopping refuses what a user wrote. Additions, multiplications and divisions in a fixed order
 * alone: every machine gets the same bits.
 */
export function fitShares(seed: readonly number[], margins: readonly Margin[]): Fitting {
  const largest = seed.reduce((a, b) => Math.max(a, b), 0);
  const cells = Float64Array.from(seed, (weight) => weight / largest);
  const empty = emptyGroup(cells, margins);
  if (empty !== undefined) return empty;
  const rounds = Math.min(MAX_ROUNDS, Math.ceil(MAX_WORK / Math.max(1, seed.length * margins.length)));
  const firstLook = Math.min(FIRST_LOOK, Math.ceil(rounds / 16));
  for (let round = 0; round < firstLook; round += 1) {
    if (scale(cells, margins) <= FINE_TOLERANCE) break;
  }
  const { distance, ...worst } = furthest(cells, margins);
  if (distance > FIT_TOLERANCE) {
    dropImpossible(cells, margins);
    const guessed = cells.slice();
    approach(guessed, margins, { rounds, firstLook, guess: true });
    if (furthest(guessed, margins).distance <= FIT_TOLERANCE) return { fits: true, shares: [...guessed] };
    const creeps = approach(cells, margins, { rounds, firstLook, guess: false });
    const left = furthest(cells, margins).distance;
    if (left > (creeps ? CREEPING_TOLERANCE : FIT_TOLERANCE)) return { fits: false, ...worst };
  }
  return { fits: true, shares: [...cells] };
}

/** Goes on scaling until the sums are on target, stand still, or the rounds are spent. Returns whether they still came nearer. */
function approach(
  cells: Float64Array,
  margins: readonly Margin[],
  { rounds, firstLook, guess }: { rounds: number; firstLook: number; guess: boolean },
): boolean {
  let since = 0;
  let nextLook = firstLook;
  let looks: Look[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const distance = scale(cells, margins);
    if (distance <= FINE_TOLERANCE) return true;
    since += 1;
    if (since < nextLook) continue;
    const [last, lastButOne] = looks;
    if (distance <= FIT_TOLERANCE) return true;
    if (last !== undefined && distance > STANDING_STILL * last.distance) return false;
    nextLook *= 2;
    looks = [{ distance, cells: cells.slice() }, ...(last === undefined ? [] : [last])];
    if (!guess || last === undefined || lastButOne === undefined) continue;
    if (!dropVanishing(cells, last, lastButOne)) continue;
    // Another table now: it has a pace of its own.
    since = 0;
    nextLook = firstLook;
    looks = [];
  }
  return true;
}

/** A sum that no scaling can bring about, because it has no cells to scale. */
function emptyGroup(cells: Float64Array, margins: readonly Margin[]): Fitting | undefined {
  for (const [margin, { groupOf, targets }] of margins.entries()) {
    const sums = groupSums(cells, groupOf, targets.length);
    const group = targets.findIndex((target, index) => target > 0 && sums[index] === 0);
    if (group >= 0) return { fits: false, margin, group, sum: 0 };
  }
  return undefined;
}

/** Scales all cells to one margin after the other. Returns how far a sum was from its target at most. */
function scale(cells: Float64Array, margins: readonly Margin[]): number {
  let distance = 0;
  for (const { groupOf, targets } of margins) {
    const sums = groupSums(cells, groupOf, targets.length);
    for (const [group, target] of targets.entries()) {
      distance = Math.max(distance, Math.abs(target - (sums[group] ?? 0)));
    }
    for (let cell = 0; cell < cells.length; cell += 1) {
      const group = groupOf[cell] ?? 0;
      const sum = sums[group] ?? 0;
      // Divided first: a target divided by a tiny sum may be infinite.
      cells[cell] = sum > 0 ? ((cells[cell] ?? 0) / sum) * (targets[group] ?? 0) : 0;
    }
  }
  return distance;
}

interface Deviation {
  readonly margin: number;
  readonly group: number;
  readonly sum: number;
  readonly distance: number;
}

function furthest(cells: Float64Array, margins: readonly Margin[]): Deviation {
  let worst: Deviation = { margin: 0, group: 0, sum: 0, distance: 0 };
  for (const [margin, { groupOf, targets }] of margins.entries()) {
    for (const [group, sum] of groupSums(cells, groupOf, targets.length).entries()) {
      const distance = Math.abs((targets[group] ?? 0) - sum);
      if (distance > worst.distance) worst = { margin, group, sum, distance };
    }
  }
  return worst;
}

/** How things stood when the rounds had last doubled. */
interface Look {
  readonly distance: number;
  readonly cells: Float64Array;
}

/** Sets cells to 0 that are on their way there. Returns whether there were any. */
function dropVanishing(cells: Float64Array, last: Look, lastButOne: Look): boolean {
  let dropped = false;
  for (let cell = 0; cell < cells.length; cell += 1) {
    const now = cells[cell] ?? 0;
    const before = last.cells[cell] ?? 0;
    if (now >= SHRINKING * before || before >= SHRINKING * (lastButOne.cells[cell] ?? 0)) continue;
    cells[cell] = 0;
    dropped = true;
  }
  return dropped;
}
