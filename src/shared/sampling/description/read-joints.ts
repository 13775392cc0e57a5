import { isPlainObject } from '../../factory/value-path.ts';
import { MAX_JOINT_CELLS } from '../dimensions.ts';
import { nameFault } from './dimension-name.ts';
import type { PlacedLabel } from './draft.ts';
import { type FaultPath, got, quote, type Report } from './faults.ts';
import { readLabel } from './values-form.ts';
import { readWeights, type WrittenWeight } from './weights.ts';

/** A joint table as written: a weight for each combination of labels, one label a dimension. */
export interface WrittenTable {
  readonly path: FaultPath;
  readonly dimensions: readonly string[];
  readonly cells: readonly { readonly labels: readonly PlacedLabel[]; readonly weight: number }[];
}

type WrittenCell = WrittenWeight & { readonly labels: readonly PlacedLabel[] };

const MAX_DIMENSIONS = 20;
const FORM = '{ dimensions: [two or more names], cells }';
const CELLS_FORM =
  'nested maps in the order of dimensions, or a list such as [{ age: "0-14", gender: Male, weight: 9.5 }]';

/** Reads the list of joint tables; combinations that a table does not list do not occur. */
export function readJoints(written: unknown, path: FaultPath, report: Report): WrittenTable[] {
  if (written === undefined) return [];
  if (Array.isArray(written)) {
    return written.flatMap((table: unknown, index) => readTable(table, [...path, index], report) ?? []);
  }
  report(path, `expected a list of tables, each ${FORM}, ${got(written)}`);
  return [];
}

function readTable(written: unknown, path: FaultPath, report: Report): WrittenTable | undefined {
  if (!isPlainObject(written)) {
    report(path, `expected ${FORM}, ${got(written)}`);
    return undefined;
  }
  for (const key of Object.keys(written)) {
    if (key !== 'dimensions' && key !== 'cells') report([...path, key], `unknown key: a table is ${FORM}`);
  }
  const dimensions = readDimensions(written.dimensions, [...path, 'dimensions'], report);
  if (dimensions === undefined) return undefined;
  const place = [...path, 'cells'];
  const counted: WrittenCell[] = [];
  const whole = Array.isArray(written.cells)
    ? readList(written.cells, dimensions, place, counted, report)
    : readNested(written.cells, dimensions, place, [], counted, report);
  const weights = whole ? readWeights(counted, place, report) : undefined;
  if (weights === undefined || !areDistinct(counted, report)) return undefined;
  const cells = counted.map(({ labels }, index) => ({ labels, weight: weights[index] ?? 0 }));
  return { path, dimensions, cells };
}

function readDimensions(written: unknown, path: FaultPath, report: Report): string[] | undefined {
  const names = Array.isArray(written)
    ? written.flatMap((name: unknown) =>
        typeof name === 'string' && name.trim() !== '' ? [name.trim()] : [],
      )
    : [];
  const came = Array.isArray(written) && names.length === written.length ? written.length : undefined;
  if (
    came === undefined ||
    came < 2 ||
    came > MAX_DIMENSIONS ||
    new Set(names.map((name) => name.toLowerCase())).size < came
  ) {
    const seen =
      came === undefined ? got(written) : `got ${names.slice(0, 4).map(quote).join(', ') || 'none'}`;
    report(path, `expected a list of 2 to ${MAX_DIMENSIONS} different names of dimensions, ${seen}`);
    return undefined;
  }
  const fault = names.map(nameFault).find((each) => each !== undefined);
  if (fault !== undefined) report(path, fault);
  return fault === undefined ? names : undefined;
}

function readNested(
  written: unknown,
  dimensions: readonly string[],
  path: FaultPath,
  labels: readonly PlacedLabel[],
  found: WrittenCell[],
  report: Report,
): boolean {
  const dimension = dimensions[labels.length];
  if (dimension === undefined) {
    if (!isPlainObject(written))
      return addCell({ path, written, name: nameOf(labels), labels }, found, report);
    report(
      path,
      `expected a weight, got a map: the table is over ${dimensions.length} dimensions, and the map goes deeper`,
    );
    return false;
  }
  if (!isPlainObject(written)) {
    const expected = labels.length === 0 ? CELLS_FORM : `a map of ${quote(dimension)} → weight`;
    report(path, `expected ${expected}, ${got(written)}`);
    return false;
  }
  let whole = true;
  for (const [key, child] of Object.entries(written)) {
    if (found.length > MAX_JOINT_CELLS) return false;
    const place = [...path, key];
    const label = readLabel(key, place, report);
    const read =
      label !== undefined &&
      readNested(child, dimensions, place, [...labels, { label, path: place }], found, report);
    whole &&= read;
  }
  return whole;
}

function readList(
  written: readonly unknown[],
  dimensions: readonly string[],
  path: FaultPath,
  found: WrittenCell[],
  report: Report,
): boolean {
  if (dimensions.includes('weight')) {
    report(path, 'expected nested maps: in a list, "weight" cannot be the name of a dimension');
    return false;
  }
  let whole = true;
  for (const [index, cell] of written.entries()) {
    if (found.length > MAX_JOINT_CELLS) return false;
    const place = [...path, index];
    const keys = isPlainObject(cell) ? Object.keys(cell) : [];
    if (
      !isPlainObject(cell) ||
      ![...dimensions, 'weight'].every((key) => key in cell) ||
      keys.length > dimensions.length + 1
    ) {
      report(
        place,
        `expected { ${dimensions.map((name) => `${name}: …`).join(', ')}, weight: … }, ${isPlainObject(cell) ? `got the keys ${keys.slice(0, 6).map(quote).join(', ') || 'of none'}` : got(cell)}`,
      );
      whole = false;
      continue;
    }
    const labels = dimensions.flatMap((name) => {
      const label = readLabel(cell[name], [...place, name], report);
      return label === undefined ? [] : [{ label, path: [...place, name] }];
    });
    const read =
      labels.length === dimensions.length &&
      addCell(
        { path: [...place, 'weight'], written: cell.weight, name: nameOf(labels), labels },
        found,
        report,
      );
    whole &&= read;
  }
  return whole;
}

function addCell(cell: WrittenCell, found: WrittenCell[], report: Report): boolean {
  found.push(cell);
  if (found.length <= MAX_JOINT_CELLS) return true;
  report(cell.path, `expected at most ${MAX_JOINT_CELLS} cells in a table, got more`);
  return false;
}

function areDistinct(cells: readonly WrittenCell[], report: Report): boolean {
  const seen = new Set<string>();
  let distinct = true;
  for (const { labels, path } of cells) {
    const key = JSON.stringify(labels.map(({ label }) => String(label)));
    if (seen.has(key)) {
      report(path, `expected every combination once, got ${quote(nameOf(labels))} again`);
      distinct = false;
    }
    seen.add(key);
  }
  return distinct;
}

function nameOf(labels: readonly PlacedLabel[]): string {
  return labels.map(({ label }) => label).join(', ');
}
