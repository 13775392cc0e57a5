import { isPlainObject } from '../../factory/value-path.ts';
import type { Label, PlacedLabel } from './draft.ts';
import { type FaultPath, got, quote, type Report } from './faults.ts';
import { readWeights } from './weights.ts';

/** As many cells as the state form allows a dimension. */
const MAX_LABELS = 10_000;
const MAX_LABEL_CHARACTERS = 1_000;

export interface Labels {
  readonly labels: readonly PlacedLabel[];
  /** One for each label; absent where none were written, which a list does. */
  readonly weights?: readonly number[];
}

/** Reads `[a, b]`, or a map of value → weight. Numbers in a list stay numbers; keys of a map are texts. */
export function readLabels(written: unknown, path: FaultPath, report: Report): Labels | undefined {
  if (Array.isArray(written)) return readList(written, path, report);
  if (isPlainObject(written)) return readMap(written, path, report);
  report(path, `expected a list of values or a map of value → weight, ${got(written)}`);
  return undefined;
}

function readList(written: readonly unknown[], path: FaultPath, report: Report): Labels | undefined {
  const labels: PlacedLabel[] = [];
  if (!hasFittingSize(written.length, path, report)) return undefined;
  for (const [index, value] of written.entries()) {
    const label = readLabel(value, [...path, index], report);
    if (label !== undefined) labels.push({ label, path: [...path, index] });
  }
  return areDistinct(labels, report) && labels.length === written.length ? { labels } : undefined;
}

function readMap(
  written: Readonly<Record<string, unknown>>,
  path: FaultPath,
  report: Report,
): Labels | undefined {
  const entries = Object.entries(written);
  if (!hasFittingSize(entries.length, path, report)) return undefined;
  const labels = entries.flatMap(([key]) => {
    const label = readLabel(key, [...path, key], report);
    return label === undefined ? [] : [{ label, path: [...path, key] }];
  });
  const placed = entries.map(([key, weight]) => ({ path: [...path, key], written: weight }));
  const weights = readWeights(placed, path, report);
  if (!areDistinct(labels, report) || weights === undefined || labels.length < entries.length)
    return undefined;
  return { labels, weights };
}

/** A value of a dimension: a text, trimmed, or a number. `yes` and `true` that YAML made booleans of become texts again. */
export function readLabel(value: unknown, path: FaultPath, report: Report): Label | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  if (typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value.trim() : '';
  if (text !== '' && text.length <= MAX_LABEL_CHARACTERS) return text;
  const long = text.length > MAX_LABEL_CHARACTERS ? ` of at most ${MAX_LABEL_CHARACTERS} characters` : '';
  report(path, `expected a value: a text${long} or a number, ${got(value)}`);
  return undefined;
}

/** Whether a dimension can have so many cells; else that is reported. */
export function hasFittingSize(size: number, path: FaultPath, report: Report): boolean {
  if (size > 0 && size <= MAX_LABELS) return true;
  report(path, `expected 1 to ${MAX_LABELS} values, got ${size === 0 ? 'none' : size}`);
  return false;
}

/** 1 and "1" are one value: cells are told apart by what is written in the prompt. */
function areDistinct(labels: readonly PlacedLabel[], report: Report): boolean {
  const seen = new Set<string>();
  let distinct = true;
  for (const { label, path } of labels) {
    if (seen.has(String(label))) {
      report(path, `expected every value once, got ${quote(label)} again`);
      distinct = false;
    }
    seen.add(String(label));
  }
  return distinct;
}
