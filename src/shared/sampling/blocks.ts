import { cellsOf, type Dimension, type Joint } from './dimensions.ts';
import { createJointTable, roundJoint } from './joint-table.ts';
import { largestRemainder } from './largest-remainder.ts';

/**
 * Dimensions that are dealt together: those of a joint, or one that is independent of all others. A cell of a block is a
 * combination of its dimensions' cells.
 */
export interface Block {
  /** What sets its seeds apart from those of other blocks. */
  readonly key:
    | readonly [kind: 'dimension', name: string]
    | readonly [kind: 'joint', names: readonly string[]];
  readonly members: readonly BlockMember[];
  /** The whole counts of its cells among the first `total` slots, none below what was dealt `before`. */
  divide(total: number, before: readonly number[] | undefined, seed: string): number[];
}

export interface BlockMember {
  /** Its place among the plan's dimensions. */
  readonly index: number;
  readonly dimension: Dimension;
  /** Which of the dimension's own cells each cell of the block is in. */
  readonly cellOf: readonly number[];
}

/** The blocks of a plan: its joints in their order, then the independent dimensions in theirs. */
export function blocksOf(dimensions: readonly Dimension[], joints: readonly Joint[]): Block[] {
  const joined = new Set(joints.flatMap((joint) => joint.dimensions));
  return [
    ...joints.map((joint) => jointBlock(joint, dimensions)),
    ...dimensions.flatMap((dimension, index) =>
      joined.has(dimension.name) ? [] : [independentBlock(dimension, index)],
    ),
  ];
}

function independentBlock(dimension: Dimension, index: number): Block {
  const cells = cellsOf(dimension);
  const weights = cells.map(({ weight }) => weight);
  return {
    key: ['dimension', dimension.name],
    members: [{ index, dimension, cellOf: [...cells.keys()] }],
    divide: (total, before) => largestRemainder(weights, total, before),
  };
}

function jointBlock(joint: Joint, dimensions: readonly Dimension[]): Block {
  const members = joint.dimensions.map((name, position): BlockMember => {
    const index = dimensions.findIndex((dimension) => dimension.name === name);
    const dimension = dimensions[index];
    if (dimension === undefined) throw new RangeError(`there is no dimension ${JSON.stringify(name)}`);
    return { index, dimension, cellOf: joint.cells.map(({ at }) => at[position] ?? 0) };
  });
  const table = createJointTable(
    joint,
    members.map(({ dimension }) => cellsOf(dimension).length),
  );
  return {
    key: ['joint', joint.dimensions],
    members,
    divide: (total, before, seed) => roundJoint(table, total, { before, seed }),
  };
}
