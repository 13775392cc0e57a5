import { isPlainObject } from '../../factory/value-path.ts';
import { sharesOf } from '../shares.ts';
import type { Given, GivenRow } from './draft.ts';
import { type FaultPath, got, type Report } from './faults.ts';
import { readLabels } from './values-form.ts';

const FORM =
  'a map of one dimension → its values → weights, such as { education: { primary: { farmer: 60, cook: 40 }, … } }';

/**
 * Reads what a dimension depends on: `{ education: { primary: { farmer: 60, cook: 40 }, tertiary: { … } } }`. Each row is in
 * units of its own. Whether the parent and its values exist is known only when all dimensions have been read.
 */
export function readGiven(written: unknown, path: FaultPath, report: Report): Given | undefined {
  const entries = isPlainObject(written) ? Object.entries(written) : [];
  const [parent, ...others] = entries;
  if (parent === undefined || others.length > 0) {
    const came =
      others.length === 0
        ? got(written)
        : `got ${entries.length} dimensions; a table over several belongs under "joint"`;
    report(path, `expected ${FORM}, ${came}`);
    return undefined;
  }
  const [name, rows] = parent;
  const place = [...path, name];
  if (!isPlainObject(rows) || Object.keys(rows).length === 0) {
    report(place, `expected a map of value → weights, ${got(rows)}`);
    return undefined;
  }
  const read = Object.entries(rows).map(([label, row]) => readRow(label, row, [...place, label], report));
  const whole = read.filter((row) => row !== undefined);
  return whole.length < read.length ? undefined : { path: place, parent: name.trim(), rows: whole };
}

function readRow(
  parentLabel: string,
  written: unknown,
  path: FaultPath,
  report: Report,
): GivenRow | undefined {
  const row = readLabels(written, path, report);
  if (row === undefined) return undefined;
  const shares = sharesOf(row.weights ?? row.labels.map(() => 1));
  return {
    parentLabel: parentLabel.trim(),
    path,
    cells: row.labels.map((label, index) => ({ label, weight: shares[index] ?? 0 })),
  };
}
