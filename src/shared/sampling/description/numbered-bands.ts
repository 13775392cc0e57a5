import { isPlainObject } from '../../factory/value-path.ts';
import { bandLabelOf } from './band-label.ts';
import { NO_UNIT, type OpenBand } from './bands.ts';
import { type FaultPath, got, type Report } from './faults.ts';
import { hasFittingSize } from './values-form.ts';
import { readWeights } from './weights.ts';

export interface NumberedBands {
  readonly bands: readonly OpenBand[];
  /** One for each band. */
  readonly weights: readonly number[];
}

const FORM = '{ min, max, weight }';

/** Whether bands are written as maps of numbers, in a list, and not as labels. */
export function areNumbered(written: unknown): written is readonly unknown[] {
  return Array.isArray(written) && written.some(isPlainObject);
}

/**
 * Reads `[{ min, max, weight }, …]`: bands of any numbers, negative ones too, both ends included as in labels. Joint tables
 * and `given` know such a band by the label that `bandLabelOf` makes of its numbers.
 */
export function readNumberedBands(
  written: readonly unknown[],
  path: FaultPath,
  report: Report,
): NumberedBands | undefined {
  if (!hasFittingSize(written.length, path, report)) return undefined;
  const bands = written.flatMap((band, index) => readBand(band, index, [...path, index], report));
  if (bands.length < written.length) return undefined;
  const placed = bands.map(({ label, path: place, weight }) => ({
    path: [...place, 'weight'],
    written: weight,
    name: String(label),
  }));
  const weights = readWeights(placed, path, report);
  return weights && { bands: bands.map(({ weight: _weight, ...band }) => band), weights };
}

function readBand(
  written: unknown,
  index: number,
  path: FaultPath,
  report: Report,
): (OpenBand & { readonly weight: unknown })[] {
  if (!isPlainObject(written)) {
    report(path, `expected ${FORM} like the others, ${got(written)}`);
    return [];
  }
  const { min, max, weight, ...others } = written;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    report([...path, unknown], `unknown key: a band is ${FORM}`);
    return [];
  }
  if (!isFiniteNumber(min) || !isFiniteNumber(max)) {
    const [key, end] = isFiniteNumber(min) ? ['max', max] : ['min', min];
    report([...path, key], `expected a number, ${got(end)}`);
    return [];
  }
  if (min > max) {
    report(path, `min must not be above max, got ${min} and ${max}`);
    return [];
  }
  // -0 would be written as 0 in the encoded state.
  const ends = { min: min + 0, max: max + 0 };
  return [{ ...ends, index, path, label: bandLabelOf(ends.min, ends.max), unit: NO_UNIT, weight }];
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
