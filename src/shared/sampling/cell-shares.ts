import { cellsOf, type Dimension, type Joint } from './dimensions.ts';
import { groupSums } from './group-sums.ts';
import { sharesOf } from './shares.ts';

/**
 * The share of people that each cell of a dimension should have, in the order of `cellsOf`: what its joint says of it, else
 * its own weights. What reports and plans compare counts with.
 */
export function cellShares(dimension: Dimension, joints: readonly Joint[]): number[] {
  const cells = cellsOf(dimension);
  const joint = joints.find(({ dimensions }) => dimensions.includes(dimension.name));
  if (joint === undefined) return sharesOf(cells.map(({ weight }) => weight));
  const position = joint.dimensions.indexOf(dimension.name);
  return groupSums(
    sharesOf(joint.cells.map(({ weight }) => weight)),
    joint.cells.map(({ at }) => at[position] ?? 0),
    cells.length,
  );
}
