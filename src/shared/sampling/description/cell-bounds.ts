import { groupSums } from '../group-sums.ts';
import type { Margin } from '../proportional-fitting.ts';

const MAX_PASSES = 100;
/** A cell that can hold no more than this holds nothing; sums are exact to a thousandth of it. */
const NOTHING = 1e-12;

/**
 * Sets cells to 0 that cannot be above 0 under these sums: where a group's other cells must hold all of its target, because
 * other groups have no other cells for theirs. Works by bounds on single cells, narrowed until they stay: what it finds is
 * certain, but it does not find all.
 */
export function dropImpossible(cells: Float64Array, margins: readonly Margin[]): void {
  const lower = new Float64Array(cells.length);
  const upper = Float64Array.from(cells, (cell) => (cell > 0 ? 1 : 0));
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    let narrowed = false;
    for (const margin of margins) narrowed = narrow(lower, upper, margin) || narrowed;
    if (!narrowed) break;
  }
  for (let cell = 0; cell < cells.length; cell += 1) {
    if ((upper[cell] ?? 0) <= NOTHING) cells[cell] = 0;
  }
}

function narrow(lower: Float64Array, upper: Float64Array, { groupOf, targets }: Margin): boolean {
  const least = groupSums(lower, groupOf, targets.length);
  const most = groupSums(upper, groupOf, targets.length);
  let narrowed = false;
  for (let cell = 0; cell < lower.length; cell += 1) {
    const group = groupOf[cell] ?? 0;
    const target = targets[group] ?? 0;
    const low = lower[cell] ?? 0;
    const high = upper[cell] ?? 0;
    const newLow = Math.max(low, target - ((most[group] ?? 0) - high));
    const newHigh = Math.max(0, Math.min(high, target - ((least[group] ?? 0) - low)));
    if (newLow - low > NOTHING || high - newHigh > NOTHING) narrowed = true;
    lower[cell] = newLow;
    upper[cell] = newHigh;
  }
  return narrowed;
}
