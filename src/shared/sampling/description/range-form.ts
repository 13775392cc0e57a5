import { isPlainObject } from '../../factory/value-path.ts';
import type { Unit } from './band-label.ts';
import { type ClosedBands, closeBands, closeLabels, type RangeFrame } from './bands.ts';
import type { Cells } from './draft.ts';
import { type FaultPath, got, type Report } from './faults.ts';
import { areNumbered, readNumberedBands } from './numbered-bands.ts';
import { decimalsFor, MAX_DECIMALS } from './precision.ts';
import { readLabels } from './values-form.ts';

/** Cells with the weights that were stated for them. */
export interface WeightedCells {
  readonly cells: Cells;
  readonly weights?: readonly number[];
}

type Written = Readonly<Record<string, unknown>>;

const FORMS = '"uniform", { normal: { mean, sd } } or { bands: { "18-30": 0.3, … } }';
const MAX_UNIT = { before: 20, after: 40 };
/** So far out, hardly a double is left between the shares of neighbouring numbers. */
const MAX_DEVIATIONS = 6;

/**
 * Reads a range: `{ range: [18, 90] }`, alone (all numbers equally often), with `distribution`, or with its shorthands
 * `normal` and `bands` (labels, or `[{ min, max, weight }]`); `decimals` and `unit` say how a number is written. Bands whose
 * ends are all closed need no `range`.
 */
export function readRange(written: Written, path: FaultPath, report: Report): WeightedCells | undefined {
  const frame = readFrame(written, path, report);
  const shape = readShape(written, path, report);
  if (frame === undefined || shape === undefined) return undefined;
  if (shape.bands !== undefined) {
    return readBands(shape.bands, frame, shape.path, report);
  }
  if (frame.bounds === undefined) {
    report(path, 'expected "range: [lowest, highest]" beside it');
    return undefined;
  }
  const precision = decimalsFor(frame.bounds, frame.decimals, [...path, 'range'], report);
  if (precision === undefined) return undefined;
  const [min, max] = frame.bounds;
  const range = { min, max, ...precision, ...(frame.unit && { unit: frame.unit }) };
  if (shape.normal === undefined) return { cells: { kind: 'range', range } };
  const normal = readNormal(shape.normal, frame.bounds, shape.path, report);
  return normal && { cells: { kind: 'normal', range, ...normal } };
}

function readBands(
  written: unknown,
  frame: RangeFrame,
  path: FaultPath,
  report: Report,
): WeightedCells | undefined {
  if (areNumbered(written)) {
    const read = readNumberedBands(written, path, report);
    return read && weighted(closeBands(read.bands, frame, report), read.weights);
  }
  const read = readLabels(written, path, report);
  return read && weighted(closeLabels(read.labels, frame, report), read.weights);
}

function weighted(
  closed: ClosedBands | undefined,
  weights: readonly number[] | undefined,
): WeightedCells | undefined {
  if (closed === undefined) return undefined;
  const { range, bands, order } = closed;
  return {
    cells: { kind: 'range', range, bands },
    ...(weights && { weights: order.map((index) => weights[index] ?? 0) }),
  };
}

function readFrame(written: Written, path: FaultPath, report: Report): RangeFrame | undefined {
  const bounds = 'range' in written ? readBounds(written.range, [...path, 'range'], report) : null;
  const decimals =
    'decimals' in written ? readDecimals(written.decimals, [...path, 'decimals'], report) : null;
  const unit = 'unit' in written ? readUnit(written.unit, [...path, 'unit'], report) : null;
  if (bounds === undefined || decimals === undefined || unit === undefined) return undefined;
  return {
    path,
    ...(bounds !== null && { bounds }),
    ...(decimals !== null && { decimals }),
    ...(unit !== null && { unit }),
  };
}

function readBounds(written: unknown, path: FaultPath, report: Report): [number, number] | undefined {
  const [min, max, ...more]: unknown[] = Array.isArray(written) ? written : [];
  if (!isFiniteNumber(min) || !isFiniteNumber(max) || more.length > 0) {
    const numbers =
      Array.isArray(written) && written.length === 2 ? `got [${written.map(show).join(', ')}]` : got(written);
    report(path, `expected [lowest, highest], two numbers, ${numbers}`);
    return undefined;
  }
  if (min > max) {
    report(path, `min must not be above max, got [${min}, ${max}]`);
    return undefined;
  }
  // -0 would be written as 0 in the encoded state.
  return [min + 0, max + 0];
}

function readDecimals(written: unknown, path: FaultPath, report: Report): number | undefined {
  if (isFiniteNumber(written) && Number.isInteger(written) && written >= 0 && written <= MAX_DECIMALS) {
    return written;
  }
  report(path, `expected a whole number from 0 to ${MAX_DECIMALS}, ${got(written)}`);
  return undefined;
}

/** A text is put before numbers if it is a currency sign, else behind them: words with a space, signs without. */
function readUnit(written: unknown, path: FaultPath, report: Report): Unit | undefined {
  const unit = typeof written === 'string' ? placed(written) : written;
  if (isPlainObject(unit) && Object.keys(unit).every((key) => key === 'before' || key === 'after')) {
    const { before = '', after = '' } = unit;
    if (typeof before === 'string' && typeof after === 'string') {
      if (before.length <= MAX_UNIT.before && after.length <= MAX_UNIT.after) return { before, after };
      report(
        path,
        `expected at most ${MAX_UNIT.before} characters before a number and ${MAX_UNIT.after} after it`,
      );
      return undefined;
    }
  }
  report(path, `expected a text such as "$" or "km", or { before, after } with texts, ${got(written)}`);
  return undefined;
}

function placed(unit: string): Unit {
  if (/^\s*\p{Sc}\s*$/u.test(unit)) return { before: unit, after: '' };
  return { before: '', after: /^\p{L}/u.test(unit) ? ` ${unit}` : unit };
}

/** The distribution as written: in `distribution`, or in one of its shorthands. `{}` is uniform. */
interface Shape {
  readonly path: FaultPath;
  readonly normal?: unknown;
  readonly bands?: unknown;
}

function readShape(written: Written, path: FaultPath, report: Report): Shape | undefined {
  const stated = ['distribution', 'normal', 'bands'].filter((key) => key in written);
  const [key, ...others] = stated;
  if (others.length > 0) {
    report(path, `expected one distribution, got ${stated.join(' and ')}`);
    return undefined;
  }
  if (key === undefined) return { path };
  if (key !== 'distribution') return { path: [...path, key], [key]: written[key] };
  const { distribution } = written;
  const place = [...path, 'distribution'];
  if (distribution === 'uniform') return { path: place };
  if (isPlainObject(distribution)) {
    const [kind, ...rest] = Object.keys(distribution);
    if (rest.length === 0 && (kind === 'normal' || kind === 'bands')) {
      return { path: [...place, kind], [kind]: distribution[kind] };
    }
  }
  report(place, `expected ${FORMS}, ${got(distribution)}`);
  return undefined;
}

function readNormal(
  written: unknown,
  [min, max]: readonly [number, number],
  path: FaultPath,
  report: Report,
): { mean: number; sd: number } | undefined {
  const { mean, sd, ...rest } = isPlainObject(written) ? written : {};
  if (!isFiniteNumber(mean) || !isFiniteNumber(sd) || sd <= 0 || Object.keys(rest).length > 0) {
    const came = isPlainObject(written)
      ? `got { ${Object.entries(written)
          .slice(0, 4)
          .map(([key, value]) => `${key}: ${show(value)}`)
          .join(', ')} }`
      : got(written);
    report(path, `expected { mean, sd }, two numbers with sd above 0, ${came}`);
    return undefined;
  }
  const deviations = Math.max(min - mean, mean - max) / sd;
  if (deviations > MAX_DEVIATIONS) {
    report(
      path,
      `expected a range within ${MAX_DEVIATIONS} standard deviations of the mean, but [${min}, ${max}] is ${Math.floor(deviations)} away from ${mean}`,
    );
    return undefined;
  }
  return { mean, sd };
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function show(value: unknown): string {
  return got(value).replace(/^got /, '');
}
