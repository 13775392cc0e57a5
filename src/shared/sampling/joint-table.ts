import { roundTable } from './controlled-rounding.ts';
import type { Joint } from './dimensions.ts';
import { groupSums } from './group-sums.ts';
import { type Axis, type Effort, mendMargins } from './margin-mending.ts';
import { fitProportionally, type Margin } from './proportional-fitting.ts';
import { hash32, mix32 } from './seeded-hash.ts';
import { sharesOf } from './shares.ts';

const ATTEMPTS = 8;
/** In cells: up to here an attempt is cheap enough to try others. */
const SMALL_TABLE = 5_000;
/** For all attempts at a table; see `Effort`. */
const MENDING_AT_MOST = 3e7;
const FITTING_ROUNDS = 100;
/** Where a fit only says who comes first, since what was given already stands against an exact one. */
const GROWING_ROUNDS = 20;

/** A joint's cells by column: what is needed again and again to give them counts. */
export interface JointTable {
  /** For each of the joint's dimensions, how many cells it has, and which of them each cell of the joint is in. */
  readonly axes: readonly Axis[];
  /** The share of each cell, in the joint's order; they sum to 1. */
  readonly shares: readonly number[];
}

/** `sizes` are the numbers of cells of the joint's dimensions. Weights may be of any size and unit. */
export function createJointTable({ cells }: Joint, sizes: readonly number[]): JointTable {
  return {
    axes: sizes.map((size, position) => ({ size, of: cells.map(({ at }) => at[position] ?? 0) })),
    shares: sharesOf(cells.map(({ weight }) => weight)),
  };
}

/**
 * Divides `total` people among the cells of a joint table. `before` holds the counts that stand already, for a population
 * that has grown: none is taken back. The counts always sum to `total`, and no cell of weight 0 gets anybody.
 *
 * Without `before`: in two dimensions every cell and every marginal count is its share rounded down or up. In more,
 * every marginal count is within one of its share, and cells are near theirs, wherever zeros of the table do not stand
 * against it: very sparse tables have few people to move or no such division, and their marginals are then as near to
 * their shares as moving single people from cell to cell brings them.
 *
 * With `before` the same holds when every cell has people to get. Else some cells or marginals have more than their new
 * share, of which nobody can be taken back: marginals may then be up to one further from their shares, cells up to
 * two, and in small tables (to 5,000 cells) no further however often the population grows.
 *
 * Two dimensions are rounded at once (`roundTable`). Each further one is joined to the combinations of those before it, as
 * a two-way table of their whole counts against its cells: fitted to these counts and to the dimension's own shares, then
 * rounded, which changes neither.
 *
 * Costs milliseconds, for a thousand cells and more without zeros too; one or two seconds for the most hostile tables, some
 * thousand combinations of twenty dimensions with nearly all others missing.
 *
 * Equal arguments give equal counts; cells that have less than one person to expect get theirs by `seed`, each as often as its
 * share says.
 */
export function roundJoint(
  table: JointTable,
  total: number,
  { before, seed }: { before?: readonly number[] | undefined; seed: string },
): number[] {
  const ideal = table.shares.map((share) => share * total);
  const given = before ?? ideal.map(() => 0);
  const open = before === undefined ? ideal : openCells(table, ideal, before, total);
  const targets = ideal.map((target, cell) => target - (given[cell] ?? 0));
  const added = fewestAstray(table, open, targets, { seed, isGrown: before !== undefined });
  return added.map((count, cell) => count + (given[cell] ?? 0));
}

/**
 * Rounds and mends. Of a small table, other chances are tried where a marginal stays astray; and one that has grown is
 * mended in its cells first, so that they do not stray further with every step of growth.
 */
function fewestAstray(
  { axes }: JointTable,
  open: readonly number[],
  targets: readonly number[],
  { seed, isGrown }: { seed: string; isGrown: boolean },
): number[] {
  const isSmall = open.length <= SMALL_TABLE;
  const cellsAsAxis: Axis = { size: open.length, of: [...open.keys()] };
  let best: number[] = [];
  let fewest = Number.POSITIVE_INFINITY;
  const effort: Effort = { left: MENDING_AT_MOST };
  const attempts = isSmall ? ATTEMPTS : 1;
  for (let attempt = 0; attempt < attempts && fewest > 0 && effort.left > 0; attempt += 1) {
    const counts = roundByDimension(axes, open, `${seed} ${attempt}`);
    if (isGrown && isSmall) mendMargins([...axes, cellsAsAxis], targets, counts, effort);
    const astray = mendMargins(axes, targets, counts, effort);
    if (astray >= fewest) continue;
    fewest = astray;
    best = counts;
  }
  return best;
}

/** What the cells should get on top of `before`: fractions, none negative, that sum to what `total` has more. */
function openCells(
  { axes }: JointTable,
  ideal: readonly number[],
  before: readonly number[],
  total: number,
): number[] {
  const missing = ideal.map((target, cell) => target - (before[cell] ?? 0));
  const people = total - before.reduce((a, b) => a + b, 0);
  const open = nearestDivision(missing, people);
  const margins = axes.map(
    ({ size, of }): Margin => ({
      groupOf: of,
      targets: nearestDivision(groupSums(missing, of, size), people),
    }),
  );
  const fitted = fitProportionally(open, margins, GROWING_ROUNDS);
  const sum = fitted.reduce((a, b) => a + b, 0);
  // Nothing is left when every open cell is in a group that is full.
  return sum > people / 2 ? fitted.map((value) => (value * people) / sum) : open;
}

/**
 * The nearest numbers, none negative, that sum to `total`: what is negative becomes 0, and the others give equally.
 * Source: projection onto a simplex, M. Held, P. Wolfe and H. P. Crowder, "Validation of subgradient optimization",
 * Mathematical Programming 6, 1974, 62-88.
 */
function nearestDivision(values: readonly number[], total: number): number[] {
  let sum = 0;
  let level = 0;
  for (const [index, value] of values.toSorted((a, b) => b - a).entries()) {
    sum += value;
    const candidate = (sum - total) / (index + 1);
    if (value <= candidate) break;
    level = candidate;
  }
  return values.map((value) => Math.max(0, value - level));
}

function roundByDimension(axes: readonly Axis[], open: readonly number[], seed: string): number[] {
  const [first, second, ...others] = axes;
  if (first === undefined || second === undefined) throw new RangeError('a joint has two dimensions or more');
  let pairs = pairUp(first.of, second);
  let values = groupSums(open, pairs.of, pairs.rows.length);
  let counts = roundTable({ ...pairs, values }, chances(seed, 1));
  for (const [index, axis] of others.entries()) {
    const rowCounts = counts;
    const rowSums = groupSums(open, pairs.of, rowCounts.length);
    pairs = pairUp(pairs.of, axis);
    const scaled = groupSums(open, pairs.of, pairs.rows.length).map((value, pair) => {
      const row = pairs.rows[pair] ?? 0;
      const sum = rowSums[row] ?? 0;
      return sum > 0 ? (value / sum) * (rowCounts[row] ?? 0) : 0;
    });
    // The rows come last: their sums are whole numbers, and stay so when the columns' cannot be met.
    const margins = [
      { groupOf: pairs.columns, targets: groupSums(open, axis.of, axis.size) },
      { groupOf: pairs.rows, targets: rowCounts },
    ];
    values = fitProportionally(scaled, margins, FITTING_ROUNDS);
    counts = roundTable({ ...pairs, values }, chances(seed, index + 2));
  }
  return pairs.of.map((pair) => counts[pair] ?? 0);
}

/** The pairs of a row and a column that occur among cells, and the pair that each cell is in. */
function pairUp(rowOf: readonly number[], axis: Axis) {
  const known = new Map<number, number>();
  const rows: number[] = [];
  const columns: number[] = [];
  const of = rowOf.map((row, cell) => {
    const column = axis.of[cell] ?? 0;
    const key = row * axis.size + column;
    const pair = known.get(key) ?? rows.length;
    if (pair === rows.length) {
      known.set(key, pair);
      rows.push(row);
      columns.push(column);
    }
    return pair;
  });
  return { rows, columns, of };
}

/** A number in [0, 1) for each step of one rounding. */
function chances(seed: string, round: number): (step: number) => number {
  const key = hash32(seed, round);
  return (step) => mix32(mix32(step) ^ key) / 2 ** 32;
}
