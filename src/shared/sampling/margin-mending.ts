import { groupSums } from './group-sums.ts';

/** One way to group the cells of a table: how many groups, and the group of each cell. */
export interface Axis {
  readonly size: number;
  readonly of: readonly number[];
}

/** A marginal count this far from its share, or less, is as it should be. */
const WITHIN = 1 + 1e-6;
/** What a cell's own distance counts for, in comparison to a marginal's: enough to choose between equals. */
const CELL_WEIGHT = 2 ** -6;
/** Cells that one cell is compared with: all, in tables of this many cells, else those with most room. */
const COMPARED_AT_MOST = 1000;
/** What is less is float error, and would send somebody back and forth between equals. */
const SMALLEST_GAIN = 1e-6;

/**
 * What may still be spent on mending, in comparisons of two cells on one axis: 3e7 take about a second. Mending takes what it
 * uses, so that several attempts at one table can share a bound.
 */
export interface Effort {
  left: number;
}

/**
 * Moves single people from cell to cell while a marginal count is further than one from its share and a move
 * brings the marginals nearer to theirs: changes `counts` in place. No cell falls below 0, the sum stays, and `counts`
 * that need no mending are left alone. Returns how many marginals stay further than one from their shares.
 *
 * Nearer is a smaller sum of squares over all marginals. With e(c) the sum of how far the marginals of cell c are above
 * their shares, moving one person from a to b lessens half that sum by e(a) - e(b) - (axes in which a and b differ), so the good
 * moves are between the two ends of the cells ordered by e. In a table without zeros there is always one while two
 * counts of an axis differ by more than one in how far they stray; so none strays further there. A cell's own distance from
 * its target counts too, for little: `CELL_WEIGHT` of half its square. Every move lessens the whole of it, so that nobody goes
 * back and forth.
 *
 * Costs comparisons of every cell with those it could give somebody to, round after round: mostly nothing, milliseconds where
 * zeros of the table stand in the way. In large tables that are mostly zeros it ends when `effort` is spent, unmended.
 *
 * @param targets what the cells should have, fractions; negative where a cell has too many already
 */
export function mendMargins(
  axes: readonly Axis[],
  targets: readonly number[],
  counts: number[],
  effort: Effort,
): number {
  const margins = createMargins(axes, targets, counts);
  for (let moved = true; moved && margins.astray() > 0; ) {
    moved = false;
    const heights = counts.map((_, cell) => margins.height(cell));
    const heightOf = (cell: number) => heights[cell] ?? 0;
    const ascending = [...heights.keys()].sort((a, b) => heightOf(a) - heightOf(b) || a - b);
    const lowest = heightOf(ascending[0] ?? 0);
    for (const from of ascending.toReversed()) {
      if (margins.astray() === 0 || effort.left <= 0 || heightOf(from) - lowest <= 1) break;
      if ((counts[from] ?? 0) === 0) continue;
      let most = SMALLEST_GAIN;
      let best = from;
      for (let rank = 0; rank < Math.min(ascending.length, COMPARED_AT_MOST); rank += 1) {
        const to = ascending[rank] ?? from;
        // Heights are those at the beginning of the round, good for the order; gains are what they are now.
        if (heightOf(from) - heightOf(to) - 1 <= most) break;
        effort.left -= axes.length;
        const gain = margins.gain(from, to);
        if (gain <= most) continue;
        most = gain;
        best = to;
      }
      if (best === from) continue;
      margins.move(from, best);
      moved = true;
    }
  }
  return margins.astray();
}

/** How far every marginal count is above its share, kept while people move. */
function createMargins(axes: readonly Axis[], targets: readonly number[], counts: number[]) {
  const above = counts.map((count, cell) => count - (targets[cell] ?? 0));
  const excess = axes.map(({ size, of }) => groupSums(above, of, size));
  let astray = excess.flat().filter((distance) => Math.abs(distance) > WITHIN).length;

  const height = (cell: number) => {
    let sum = CELL_WEIGHT * ((counts[cell] ?? 0) - (targets[cell] ?? 0));
    for (let axis = 0; axis < axes.length; axis += 1) sum += excess[axis]?.[axes[axis]?.of[cell] ?? 0] ?? 0;
    return sum;
  };
  const change = (cell: number, people: number) => {
    counts[cell] = (counts[cell] ?? 0) + people;
    for (const [axis, { of }] of axes.entries()) {
      const group = of[cell] ?? 0;
      const distances = excess[axis] ?? [];
      const before = distances[group] ?? 0;
      distances[group] = before + people;
      astray += Number(Math.abs(before + people) > WITHIN) - Number(Math.abs(before) > WITHIN);
    }
  };
  return {
    astray: () => astray,
    height,
    gain(from: number, to: number): number {
      // Each square that a move changes costs its weight once: what leaves one side arrives at the other.
      let apart = CELL_WEIGHT;
      for (const { of } of axes) if (of[from] !== of[to]) apart += 1;
      return height(from) - height(to) - apart;
    },
    move(from: number, to: number): void {
      change(from, -1);
      change(to, 1);
    },
  };
}
