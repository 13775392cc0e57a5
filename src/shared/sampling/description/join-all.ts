import { MAX_JOINT_CELLS } from '../dimensions.ts';
import type { Margin } from '../proportional-fitting.ts';
import { type Draft, labelsOf } from './draft.ts';
import { describePlace, percent, quote, type Report } from './faults.ts';
import { type Fitting, fitShares } from './fit-shares.ts';
import { joinTables, sortTable, type Table, withShares } from './tables.ts';

/**
 * Joins fitted tables that hang together, those first that add fewest dimensions, and fits the result to all of them. Reports
 * a result that would be too large, and tables that cannot all hold.
 */
export function joinAll(
  tables: readonly Table[],
  drafts: readonly Draft[],
  report: Report,
): Table | undefined {
  const [first, ...rest] = tables;
  if (first === undefined) return undefined;
  let joined = withinLimit(first, first, tables, drafts, report);
  while (joined !== undefined && rest.length > 0) {
    const next = nearest(rest, joined);
    rest.splice(rest.indexOf(next), 1);
    joined = withinLimit(joinTables(joined, next, MAX_JOINT_CELLS), next, tables, drafts, report);
  }
  if (joined === undefined || tables.length === 1) return joined && sortTable(joined);
  const fitting = fitToAll(joined, tables);
  if (fitting.fits) return sortTable(withShares(joined, fitting.shares));
  reportConflict(fitting, tables, drafts, report);
  return undefined;
}

function fitToAll(joined: Table, tables: readonly Table[]): Fitting {
  const weights = joined.cells.map(({ weight }) => weight);
  if (weights.length === 0) return { fits: false, margin: 0, group: 0, sum: 0 };
  return fitShares(
    weights,
    tables.map((table) => marginFrom(table, joined)),
  );
}

function withinLimit(
  joined: Table | undefined,
  last: Table,
  tables: readonly Table[],
  drafts: readonly Draft[],
  report: Report,
): Table | undefined {
  if (joined !== undefined && joined.cells.length <= MAX_JOINT_CELLS) return joined;
  const names = new Set(tables.flatMap(({ axes }) => axes.map((axis) => quote(drafts[axis]?.name ?? ''))));
  report(
    last.path,
    `expected dimensions that depend on each other to have at most ${MAX_JOINT_CELLS} combinations, and ${[...names].join(', ')} have more: ` +
      'use fewer or coarser values, or leave out the weakest of these dependences',
  );
  return undefined;
}

/** The table that shares dimensions with the joined one and adds fewest. */
function nearest(tables: readonly Table[], joined: Table): Table {
  const [next] = tables
    .filter(({ axes }) => axes.some((axis) => joined.axes.includes(axis)))
    .toSorted((a, b) => newAxes(a, joined) - newAxes(b, joined));
  if (next === undefined) throw new Error('expected a cluster of tables that hang together');
  return next;
}

function newAxes({ axes }: Table, joined: Table): number {
  return axes.filter((axis) => !joined.axes.includes(axis)).length;
}

/** A fitted table as sums that the joined one has to have. Every cell of the join has a cell in each of its tables. */
function marginFrom(table: Table, joined: Table): Margin {
  const groups = new Map(table.cells.map(({ at }, group) => [at.join(), group]));
  const positions = table.axes.map((axis) => joined.axes.indexOf(axis));
  return {
    groupOf: joined.cells.map(({ at }) => groups.get(positions.map((position) => at[position]).join()) ?? 0),
    targets: table.cells.map(({ weight }) => weight),
  };
}

/** Names the table that cannot be met, and the other one if two alone cannot both be. */
function reportConflict(
  { margin, group, sum }: Fitting & { fits: false },
  tables: readonly Table[],
  drafts: readonly Draft[],
  report: Report,
): void {
  const table = tables[margin];
  const cell = table?.cells[group];
  if (table === undefined || cell === undefined) return;
  const others = tables.filter((each) => each !== table);
  const culprit = others.find((other) => !canBothHold(table, other));
  const against = (culprit === undefined ? others : [culprit]).map(({ path }) => describePlace(path));
  const where = table.axes.map((axis, position) => {
    const draft = drafts[axis];
    const label = draft && labelsOf(draft)?.[cell.at[position] ?? 0];
    return `${quote(draft?.name ?? '')} ${quote(label ?? '')}`;
  });
  report(
    table.path,
    `contradicts ${against.join(' and ')}: ${where.join(' with ')} has ${percent(cell.weight)} here, and ${percent(sum)} is all that is left for it there`,
  );
}

function canBothHold(one: Table, other: Table): boolean {
  const joined = joinTables(one, other, MAX_JOINT_CELLS);
  return joined === undefined || fitToAll(joined, [one, other]).fits;
}
