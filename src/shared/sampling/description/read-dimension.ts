import { isPlainObject } from '../../factory/value-path.ts';
import type { Draft } from './draft.ts';
import { type FaultPath, got, quoteSome, type Report } from './faults.ts';
import { readGiven } from './given-form.ts';
import { readRange, type WeightedCells } from './range-form.ts';
import { readLabels } from './values-form.ts';
import { looksLikeWeight } from './weights.ts';

type Written = Readonly<Record<string, unknown>>;

/** Any of these, with something else than a weight behind it, makes a map a description and no list of weights. */
const FORM_KEYS: ReadonlySet<string> = new Set([
  'range',
  'values',
  'bands',
  'normal',
  'distribution',
  'given',
]);
const RANGE_KEYS = ['range', 'distribution', 'normal', 'bands', 'decimals', 'unit'];
const ALL_KEYS: ReadonlySet<string> = new Set([...FORM_KEYS, ...RANGE_KEYS]);
const EXPECTED = 'a list of values, a map of value → weight, or a map with range, bands, values or given';

/**
 * Reads one dimension in any of its forms: a list, a map of value → weight, `{ values }`, `{ range }` or `{ bands }`, the
 * last three also with `given`, and `{ given }` alone.
 */
export function readDimension(
  name: string,
  written: unknown,
  path: FaultPath,
  report: Report,
): Draft | undefined {
  if (!isPlainObject(written) || !isForm(written)) {
    if (!isPlainObject(written) && !Array.isArray(written)) {
      report(path, `expected ${EXPECTED}, ${got(written)}`);
      return undefined;
    }
    if (isPlainObject(written) && isAmbiguous(written)) {
      const keys = Object.keys(written);
      report(
        path,
        `${quoteSome(keys)}: expected ${EXPECTED}; if these are the values, put them under "values", as in { values: { ${keys[0]}: 1 } }`,
      );
      return undefined;
    }
    const cells = readValues(written, path, report);
    return cells && { name, path, ...cells };
  }
  let whole = true;
  for (const key of Object.keys(written).filter((each) => !ALL_KEYS.has(each))) {
    whole = false;
    report(
      [...path, key],
      `unknown key beside ${quoteSome(Object.keys(written).filter((each) => FORM_KEYS.has(each)))}; if it is a value, put all values under "values"`,
    );
  }
  const given = 'given' in written ? readGiven(written.given, [...path, 'given'], report) : null;
  const cells = readCells(written, path, report);
  if (!whole || given === undefined || cells === undefined) return undefined;
  if (given !== null && cells.cells.kind === 'normal') {
    report(
      path,
      'expected bands, or no distribution at all, beside "given": a normal distribution has no cells to depend on',
    );
    return undefined;
  }
  return { name, path, ...cells, ...(given && { given }) };
}

function readCells(written: Written, path: FaultPath, report: Report): WeightedCells | undefined {
  const rangeKey = RANGE_KEYS.find((key) => key in written);
  if (!('values' in written)) {
    return rangeKey === undefined ? { cells: { kind: 'values' } } : readRange(written, path, report);
  }
  if (rangeKey === undefined) return readValues(written.values, [...path, 'values'], report);
  report(path, `expected values or a range, got both "values" and "${rangeKey}"`);
  return undefined;
}

function readValues(written: unknown, path: FaultPath, report: Report): WeightedCells | undefined {
  const read = readLabels(written, path, report);
  return (
    read && {
      cells: { kind: 'values', labels: read.labels.map(({ label }) => label) },
      ...(read.weights && { weights: read.weights }),
    }
  );
}

function isForm(written: Written): boolean {
  return Object.entries(written).some(([key, value]) => FORM_KEYS.has(key) && !looksLikeWeight(value));
}

/** `{ range: 90 }` may be a mistaken range or one value that everybody has. */
function isAmbiguous(written: Written): boolean {
  const keys = Object.keys(written);
  return keys.length > 0 && keys.every((key) => ALL_KEYS.has(key));
}
