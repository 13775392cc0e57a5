import { isPlainObject } from '../../factory/value-path.ts';
import { type Dimension, type Joint, MAX_JOINT_CELLS } from '../dimensions.ts';
import { nameFault } from './dimension-name.ts';
import { type Draft, draftOf, labelsOf, toDimension } from './draft.ts';
import {
  DescriptionError,
  type DescriptionFault,
  type FaultPath,
  got,
  quote,
  type Report,
} from './faults.ts';
import { type Cluster, fitCluster } from './fit-cluster.ts';
import { type LinkedTables, linkTables } from './link-tables.ts';
import { isAge, personFault } from './person-dimensions.ts';
import { readDimension } from './read-dimension.ts';
import { readJoints } from './read-joints.ts';
import { marginalOf, type Table } from './tables.ts';

export interface CompileOptions {
  /** Tables over two or more dimensions, as users write them. */
  readonly joint?: unknown;
  /** Dimensions that are there already: described ones of the same name (case aside) replace them, others come after. */
  readonly base?: readonly Dimension[] | undefined;
}

export interface CompiledDimensions {
  readonly dimensions: Dimension[];
  /** Disjoint: dimensions that depend on each other, however indirectly, are in one table. */
  readonly joints: Joint[];
}

const MAX_DIMENSIONS = 200;
const MAX_AXES = 20;

/**
 * Turns dimensions as users write them into the state form.
 *
 * ```ts
 * compileDimensions({ gender: { female: '51%', male: '49%' }, age: { range: [18, 90], bands: { '18-64': 4, '65+': 1 } } })
 * ```
 *
 * Weights stay as they were written, unless tables decide them: then they are shares, and those of the joint. The same
 * description gives the same bits on every machine.
 *
 * @throws DescriptionError with every fault, its path beginning at `dimensions` or `joint` (or `demography`, for a dimension of the base)
 */
export function compileDimensions(described: unknown, options: CompileOptions = {}): CompiledDimensions {
  const faults: DescriptionFault[] = [];
  const report: Report = (path, message) => faults.push({ path, message });
  const stopAtFaults = () => {
    if (faults.length > 0) throw new DescriptionError(faults);
  };
  const drafts = readDrafts(described, options.base ?? [], report);
  const written = readJoints(options.joint, ['joint'], report);
  stopAtFaults();
  const linked = linkTables(drafts, written, report);
  checkCount(linked.drafts.length, report);
  checkPersonFields(linked.drafts, report);
  stopAtFaults();
  const fitted = fitAll(linked, report);
  stopAtFaults();
  const compiled = toState(linked.drafts, fitted, report);
  stopAtFaults();
  return compiled;
}

/** Reads dimensions by name, on top of those that are there already. */
function readDrafts(described: unknown, base: readonly Dimension[], report: Report): Draft[] {
  // Case aside: whoever writes `marital status` beside a demography's `Marital Status` does not want both.
  const drafts = new Map(
    base.map((each) => [each.name.toLowerCase(), draftOf(each, ['demography', each.name])]),
  );
  if (described !== undefined && !isPlainObject(described)) {
    report(['dimensions'], `expected a map of names and what varies, ${got(described)}`);
    return [];
  }
  const names = new Set<string>();
  for (const [key, written] of Object.entries(described ?? {})) {
    const path = ['dimensions', key];
    const name = key.trim();
    const id = name.toLowerCase();
    const fault =
      nameFault(name) ?? (names.has(id) ? `expected every name once, got ${quote(name)} again` : undefined);
    names.add(id);
    if (fault !== undefined) {
      report(path, fault);
      continue;
    }
    const draft = readDimension(name, written, path, report);
    if (draft === undefined) continue;
    const unfit = personFault(draft);
    if (unfit === undefined) drafts.set(id, draft);
    else report(path, unfit);
  }
  return [...drafts.values()];
}

/** Again, now that tables and rows have named the values that a description left out. */
function checkPersonFields(drafts: readonly Draft[], report: Report): void {
  for (const draft of drafts) {
    const unfit = personFault(draft);
    if (unfit !== undefined) report(draft.path, unfit);
  }
  const [age, another] = drafts.filter(({ name }) => isAge(name));
  if (age === undefined || another === undefined) return;
  report(
    another.path,
    `expected one dimension for a person's age, and ${quote(age.name)} is one already: leave one out`,
  );
}

function checkCount(dimensions: number, report: Report): void {
  if (dimensions > MAX_DIMENSIONS) {
    report(['dimensions'], `expected at most ${MAX_DIMENSIONS} dimensions, got ${dimensions}`);
  }
}

/** One table for each set of dimensions that depend on each other. */
function fitAll({ drafts, tables, conditionals }: LinkedTables, report: Report): Table[] {
  return clustersOf(tables, conditionals).flatMap((cluster) => {
    const axes = new Set([
      ...cluster.tables.flatMap((each) => each.axes),
      ...cluster.conditionals.flatMap(axesOf),
    ]);
    const path: FaultPath = cluster.tables[0]?.path ?? cluster.conditionals[0]?.path ?? [];
    if (axes.size <= MAX_AXES) return fitCluster(cluster, drafts, report) ?? [];
    const names = [...axes].slice(0, 4).map((axis) => quote(drafts[axis]?.name ?? ''));
    report(
      path,
      `expected at most ${MAX_AXES} dimensions that depend on each other (and ${MAX_JOINT_CELLS} combinations), got ${axes.size}: ${names.join(', ')}, …`,
    );
    return [];
  });
}

/** Tables and conditionals that share a dimension, directly or through others, together. */
function clustersOf(tables: LinkedTables['tables'], conditionals: LinkedTables['conditionals']): Cluster[] {
  let clusters: { axes: Set<number>; tables: Table[]; conditionals: Cluster['conditionals'][number][] }[] =
    [];
  const links = [
    ...tables.map((table) => ({ axes: table.axes, tables: [table], conditionals: [] })),
    ...conditionals.map((each) => ({ axes: axesOf(each), tables: [], conditionals: [each] })),
  ];
  for (const link of links) {
    const touching = clusters.filter(({ axes }) => link.axes.some((axis) => axes.has(axis)));
    const merged = {
      axes: new Set([...touching.flatMap(({ axes }) => [...axes]), ...link.axes]),
      tables: [...touching.flatMap((cluster) => cluster.tables), ...link.tables],
      conditionals: [...touching.flatMap((cluster) => cluster.conditionals), ...link.conditionals],
    };
    clusters = [...clusters.filter((cluster) => !touching.includes(cluster)), merged];
  }
  return clusters;
}

function axesOf({ parent, child }: Cluster['conditionals'][number]): number[] {
  return [parent, child];
}

function toState(drafts: readonly Draft[], fitted: readonly Table[], report: Report): CompiledDimensions {
  const dimensions = drafts.flatMap((draft, axis) => {
    const table = fitted.find(({ axes }) => axes.includes(axis));
    const shares = table && marginalOf(table, axis, labelsOf(draft)?.length ?? 0);
    return toDimension(draft, shares, report) ?? [];
  });
  const joints = fitted.map(({ axes, cells }) => ({
    dimensions: axes.map((axis) => drafts[axis]?.name ?? ''),
    cells: cells.map(({ at, weight }) => ({ at: [...at], weight })),
  }));
  return { dimensions, joints };
}
