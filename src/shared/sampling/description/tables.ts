import { groupSums } from '../group-sums.ts';
import type { FaultPath } from './faults.ts';

/** A weight for one cell of each of a table's axes. */
export interface TableCell {
  readonly at: readonly number[];
  readonly weight: number;
}

/** A table over dimensions, sparse: cells that are not listed weigh nothing. `axes` are indexes of dimensions. */
export interface Table {
  /** Where it was described. */
  readonly path: FaultPath;
  readonly axes: readonly number[];
  readonly cells: readonly TableCell[];
}

/** A table's weights summed up over all but some of its axes: which sum each cell counts towards, and the sums. */
interface Projection {
  readonly groupOf: readonly number[];
  /** The indexes on the axes that are left, for each sum. */
  readonly at: readonly (readonly number[])[];
  readonly sums: readonly number[];
}

/** A table on some of its axes; groups are numbered in the order in which cells name them. */
function projectOn(table: Table, axes: readonly number[]): Projection {
  const positions = positionsOf(table, axes);
  const groups = new Map<string, number>();
  const at: (readonly number[])[] = [];
  const sums: number[] = [];
  const groupOf = table.cells.map((cell) => {
    const corner = pick(cell.at, positions);
    const key = corner.join();
    const group = groups.get(key) ?? sums.length;
    if (group === sums.length) {
      groups.set(key, group);
      at.push(corner);
    }
    sums[group] = (sums[group] ?? 0) + cell.weight;
    return group;
  });
  return { groupOf, at, sums };
}

/** The weights of one dimension's cells in a table. */
export function marginalOf(table: Table, axis: number, size: number): number[] {
  const position = table.axes.indexOf(axis);
  return groupSums(
    table.cells.map(({ weight }) => weight),
    table.cells.map(({ at }) => at[position] ?? 0),
    size,
  );
}

/** The same table with weights that sum to 1, without the cells that weigh nothing. */
export function withShares(table: Table, shares: readonly number[]): Table {
  const cells = table.cells.map(({ at }, index) => ({ at, weight: shares[index] ?? 0 }));
  return { ...table, cells: cells.filter(({ weight }) => weight > 0) };
}

/**
 * Two tables as one over the axes of both, in which what they do not share is independent given what they share:
 * p(a, b, c) = p(a, b) · p(b, c) / p(b). Undefined when it would have more than `maxCells` cells.
 */
export function joinTables(one: Table, other: Table, maxCells: number): Table | undefined {
  const shared = one.axes.filter((axis) => other.axes.includes(axis));
  const added = other.axes.filter((axis) => !shared.includes(axis));
  const projection = projectOn(other, shared);
  const rows = new Map<string, { sum: number; cells: TableCell[] }>();
  const addedPositions = positionsOf(other, added);
  for (const [index, { at, weight }] of other.cells.entries()) {
    const group = projection.groupOf[index] ?? 0;
    const key = (projection.at[group] ?? []).join();
    const row = rows.get(key) ?? { sum: projection.sums[group] ?? 0, cells: [] };
    row.cells.push({ at: pick(at, addedPositions), weight });
    rows.set(key, row);
  }
  const sharedPositions = positionsOf(one, shared);
  const cells: TableCell[] = [];
  for (const cell of one.cells) {
    const row = rows.get(pick(cell.at, sharedPositions).join());
    for (const { at, weight } of row?.cells ?? []) {
      if (cells.length === maxCells) return undefined;
      cells.push({ at: [...cell.at, ...at], weight: cell.weight * (weight / (row?.sum ?? 1)) });
    }
  }
  return { path: one.path, axes: [...one.axes, ...added], cells };
}

/** The same table with its axes, and then its cells, in ascending order. */
export function sortTable(table: Table): Table {
  const axes = table.axes.toSorted((a, b) => a - b);
  const positions = positionsOf(table, axes);
  const cells = table.cells.map(({ at, weight }) => ({ at: pick(at, positions), weight }));
  return { ...table, axes, cells: cells.sort((a, b) => compare(a.at, b.at)) };
}

function positionsOf({ axes }: Table, wanted: readonly number[]): number[] {
  return wanted.map((axis) => axes.indexOf(axis));
}

function pick(at: readonly number[], positions: readonly number[]): number[] {
  return positions.map((position) => at[position] ?? 0);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
