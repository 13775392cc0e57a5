import { parseBandLabel } from './band-label.ts';
import { type ClosedBands, closeLabels } from './bands.ts';
import { type Draft, type Label, labelsOf, type PlacedLabel } from './draft.ts';
import { type FaultPath, quote, quoteSome, type Report } from './faults.ts';
import { isAge } from './person-dimensions.ts';
import type { WrittenTable } from './read-joints.ts';
import type { Table } from './tables.ts';

/** A `given` with dimensions and cells by their indexes. The rows' weights are shares. */
export interface Conditional {
  readonly path: FaultPath;
  readonly parent: number;
  readonly child: number;
  readonly rows: ReadonlyMap<number, readonly { readonly cell: number; readonly weight: number }[]>;
}

export interface LinkedTables {
  readonly drafts: readonly Draft[];
  readonly tables: readonly Table[];
  readonly conditionals: readonly Conditional[];
}

/**
 * Finds the dimensions and cells that tables and `given`s speak of. A dimension that is only named in a joint table comes
 * into being; a dimension without labels, and a range without bands, gets those that its tables use, in the order in
 * which they first do. Reports unknown parents and values, parents' values without a row, and circles.
 */
export function linkTables(
  described: readonly Draft[],
  writtenTables: readonly WrittenTable[],
  report: Report,
): LinkedTables {
  const { drafts, written } = named(described, writtenTables);
  const complete = adoptLabels(drafts, written, report);
  const index = new Map(complete.map(({ name }, position) => [name, position]));
  const cellIndex = complete.map(
    (draft) => new Map((labelsOf(draft) ?? []).map((label, cell) => [String(label), cell])),
  );
  const missed = new Set<string>();
  const find = (dimension: number, { label, path }: PlacedLabel): number => {
    const cell = cellIndex[dimension]?.get(String(label));
    if (cell !== undefined) return cell;
    const draft = complete[dimension];
    const fault = draft && unknownLabel(draft, label);
    // Once, however many cells of a table have it.
    if (fault !== undefined && !missed.has(`${dimension} ${fault}`)) report(path, fault);
    missed.add(`${dimension} ${fault}`);
    return -1;
  };
  const tables = written.map(({ path, dimensions, cells }): Table => {
    const axes = dimensions.map((name) => index.get(name) ?? -1);
    return {
      path,
      axes,
      cells: cells.flatMap(({ labels, weight }) => {
        const at = labels.map((label, position) => find(axes[position] ?? -1, label));
        return weight > 0 && !at.includes(-1) ? [{ at, weight }] : [];
      }),
    };
  });
  const conditionals = complete.flatMap((draft, child) =>
    link(draft, child, { index, drafts: complete, tables, find }, report),
  );
  reportCircles(conditionals, complete, report);
  return { drafts: complete, tables, conditionals };
}

/** Every dimension under one spelling of its name, that of its description: tables and `given`s may write it in another case. */
function named(
  described: readonly Draft[],
  written: readonly WrittenTable[],
): { drafts: Draft[]; written: WrittenTable[] } {
  const spelling = new Map(described.map(({ name }) => [name.toLowerCase(), name]));
  const spell = (name: string) => spelling.get(name.toLowerCase()) ?? name;
  const drafts = [...described];
  const tables = written.map((table) => {
    for (const name of table.dimensions.filter((each) => !spelling.has(each.toLowerCase()))) {
      spelling.set(name.toLowerCase(), name);
      drafts.push({ name, path: table.path, cells: { kind: 'values' } });
    }
    return { ...table, dimensions: table.dimensions.map(spell) };
  });
  return {
    drafts: drafts.map((draft) =>
      draft.given === undefined
        ? draft
        : { ...draft, given: { ...draft.given, parent: spell(draft.given.parent) } },
    ),
    written: tables,
  };
}

/** Undefined where the dimension has no labels because they could not be read, which has been reported. */
function unknownLabel(draft: Draft, label: Label): string | undefined {
  const name = quote(draft.name);
  if (draft.cells.kind === 'normal') {
    return `${name} has a normal distribution, which has no cells to depend on: give it bands`;
  }
  const labels = labelsOf(draft);
  return labels && `expected a value of ${name}, one of ${quoteSome(labels)}, got ${quote(label)}`;
}

/** Labels for the drafts that have none: those of joint tables and of their own rows, or else of their children's rows. */
function adoptLabels(drafts: readonly Draft[], written: readonly WrittenTable[], report: Report): Draft[] {
  const own = new LabelLists();
  const inherited = new LabelLists();
  for (const { name, given } of drafts) {
    for (const row of given?.rows ?? []) {
      inherited.add(given?.parent ?? '', { label: row.parentLabel, path: row.path });
      for (const { label } of row.cells) own.add(name, label);
    }
  }
  for (const { dimensions, cells } of written) {
    for (const { labels } of cells) {
      for (const [position, label] of labels.entries()) own.add(dimensions[position] ?? '', label);
    }
  }
  return drafts.map((draft) => {
    const labels = own.of(draft.name) ?? inherited.of(draft.name);
    return labels === undefined || labelsOf(draft) !== undefined ? draft : withLabels(draft, labels, report);
  });
}

class LabelLists {
  readonly #byDimension = new Map<string, Map<string, PlacedLabel>>();

  add(dimension: string, label: PlacedLabel): void {
    const labels = this.#byDimension.get(dimension) ?? new Map<string, PlacedLabel>();
    this.#byDimension.set(dimension, labels);
    if (!labels.has(String(label.label))) labels.set(String(label.label), label);
  }

  of(dimension: string): PlacedLabel[] | undefined {
    const labels = this.#byDimension.get(dimension);
    return labels && [...labels.values()];
  }
}

function withLabels(draft: Draft, labels: readonly PlacedLabel[], report: Report): Draft {
  const { cells } = draft;
  if (cells.kind === 'values') {
    if (areAgeBands(draft, labels)) {
      // Where a range for open bands is to be stated, also when only a table speaks of the dimension so far.
      const frame = { path: ['dimensions', draft.name] };
      return { ...draft, ...withBands(closeLabels(labels, frame, report)) };
    }
    return { ...draft, cells: { kind: 'values', labels: labels.map(({ label }) => label) } };
  }
  if (cells.kind === 'normal') return draft;
  const { min, max, decimals, unit } = cells.range;
  const closed = closeLabels(
    labels,
    { path: draft.path, bounds: [min, max], ...(decimals && { decimals }), ...(unit && { unit }) },
    report,
  );
  return { ...draft, ...withBands(closed) };
}

/** Everybody has one age, though only tables and rows speak of ages, and in bands. */
function areAgeBands({ name }: Draft, labels: readonly PlacedLabel[]): boolean {
  return isAge(name) && labels.some(({ label }) => /\D/.test(String(label)) && isBand(String(label)));
}

function isBand(label: string): boolean {
  return parseBandLabel(label) !== undefined;
}

function withBands(closed: ClosedBands | undefined): Pick<Draft, 'cells'> | Record<string, never> {
  return closed === undefined ? {} : { cells: { kind: 'range', range: closed.range, bands: closed.bands } };
}

interface Links {
  readonly index: ReadonlyMap<string, number>;
  readonly drafts: readonly Draft[];
  readonly tables: readonly Table[];
  find(dimension: number, label: PlacedLabel): number;
}

function link(
  draft: Draft,
  child: number,
  { index, drafts, tables, find }: Links,
  report: Report,
): Conditional[] {
  const { given } = draft;
  if (given === undefined) return [];
  const parent = index.get(given.parent);
  const parentDraft = parent === undefined ? undefined : drafts[parent];
  if (parent === undefined || parentDraft === undefined) {
    report(
      given.path,
      `there is no dimension ${quote(given.parent)}; there are ${quoteSome(drafts.map(({ name }) => name))}`,
    );
    return [];
  }
  const rows = new Map<number, { cell: number; weight: number }[]>();
  for (const row of given.rows) {
    const from = find(parent, { label: row.parentLabel, path: row.path });
    const cells = row.cells.map(({ label, weight }) => ({ cell: find(child, label), weight }));
    if (rows.has(from) && from >= 0)
      report(row.path, `expected one row for every value, got ${quote(row.parentLabel)} again`);
    rows.set(from, cells);
  }
  const missing = (labelsOf(parentDraft) ?? []).filter(
    (_, cell) => !rows.has(cell) && occurs(parentDraft, parent, cell, tables),
  );
  if (missing.length > 0) {
    report(
      given.path,
      `expected a row for every value of ${quote(given.parent)}, and there is none for ${quoteSome(missing)}`,
    );
  }
  return [{ path: given.path, parent, child, rows }];
}

/** Whether anybody can have this value: it has a weight, or no weights are stated and every table of the dimension has it. */
function occurs({ weights }: Draft, dimension: number, cell: number, tables: readonly Table[]): boolean {
  if (weights !== undefined) return (weights[cell] ?? 0) > 0;
  return tables
    .filter(({ axes }) => axes.includes(dimension))
    .every(({ axes, cells }) => cells.some(({ at }) => at[axes.indexOf(dimension)] === cell));
}

function reportCircles(conditionals: readonly Conditional[], drafts: readonly Draft[], report: Report): void {
  const byChild = new Map(conditionals.map((conditional) => [conditional.child, conditional]));
  const settled = new Set<number>();
  for (const conditional of conditionals) {
    const line: number[] = [];
    let at: Conditional | undefined = conditional;
    while (at !== undefined && !settled.has(at.child) && !line.includes(at.child)) {
      line.push(at.child);
      at = byChild.get(at.parent);
    }
    if (at !== undefined && line.includes(at.child)) {
      const circle = [...line.slice(line.indexOf(at.child)), at.child].map((child) =>
        quote(drafts[child]?.name ?? ''),
      );
      report(at.path, `expected no circle, but ${circle.join(' is given ')}: leave one of these out`);
    }
    for (const child of line) settled.add(child);
  }
}
