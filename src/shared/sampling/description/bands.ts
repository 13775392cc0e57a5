import { bandLabelOf, commonUnit, parseBandLabel, type Unit } from './band-label.ts';
import type { PlacedLabel, Range, UnweightedBand } from './draft.ts';
import { type FaultPath, quote, type Report } from './faults.ts';
import { decimalsFor } from './precision.ts';

/** What a description says of a range beside its bands. */
export interface RangeFrame {
  /** Where the description of the range stands: a missing line belongs there. */
  readonly path: FaultPath;
  readonly bounds?: readonly [min: number, max: number];
  /** 0 for whole numbers; absent: as the bounds are written. */
  readonly decimals?: number;
  readonly unit?: Unit;
}

export interface ClosedBands {
  readonly range: Range;
  /** Ascending. */
  readonly bands: readonly UnweightedBand[];
  /** For each band the index of its label among those that were given. */
  readonly order: readonly number[];
}

/** A band as written: an end that is missing is the range's. */
export interface OpenBand extends PlacedLabel {
  /** Its place among the bands as they were written. */
  readonly index: number;
  readonly min?: number;
  readonly max?: number;
  readonly minExclusive?: boolean;
  readonly maxExclusive?: boolean;
  readonly unit: Unit;
}

type PlacedBand = UnweightedBand & { readonly index: number; readonly path: FaultPath };

const LONE_NUMBER = /^-?\d+(?:\.\d+)?$/;
export const NO_UNIT: Unit = { before: '', after: '' };

/**
 * Turns labels such as `18-30`, `under 18`, `65+` or `3` into bands of numbers. Reports what is no band at its label, and what
 * `closeBands` does.
 */
export function closeLabels(
  labels: readonly PlacedLabel[],
  frame: RangeFrame,
  report: Report,
): ClosedBands | undefined {
  const open = labels.flatMap((label, index) => readBand(label, index, report));
  if (open.length === labels.length) return closeBands(open, frame, report);
  // Not to be closed, but a user wants to know of all faults at once.
  unitOf(open, frame, report);
  return undefined;
}

/**
 * Closes bands by the range's bounds. Without stated bounds the range goes from the lowest end of a band to the highest.
 *
 * Gaps are allowed: nobody gets those numbers. Reported, each at its band: open ends without a bound that closes them, empty
 * bands, bands that leave the range or overlap, and units that differ.
 */
export function closeBands(
  open: readonly OpenBand[],
  frame: RangeFrame,
  report: Report,
): ClosedBands | undefined {
  const counted = countFaults(report);
  const unit = unitOf(open, frame, counted.report);
  if (counted.faults() > 0) return undefined;
  const ends = open.flatMap(({ min, max }) => [min, max]).filter((end) => end !== undefined);
  const precision = decimalsFor([...(frame.bounds ?? []), ...ends], frame.decimals, frame.path, report);
  const bounds = frame.bounds ?? boundsOf(open, frame.path, report);
  if (precision === undefined || bounds === undefined) return undefined;
  const range = { min: bounds[0], max: bounds[1], ...precision, ...(unit === undefined ? {} : { unit }) };
  const bands = open.map((band) => closeBand(band, range)).toSorted((a, b) => a.min - b.min || a.max - b.max);
  for (const band of bands) checkInside(band, range, counted.report);
  if (counted.faults() === 0) checkApart(bands, range, counted.report);
  if (counted.faults() > 0) return undefined;
  return {
    range,
    bands: bands.map(({ label, min, max }) => ({ label, min, max })),
    order: bands.map(({ index }) => index),
  };
}

function countFaults(report: Report): { report: Report; faults(): number } {
  let count = 0;
  return {
    report(path, message) {
      count += 1;
      report(path, message);
    },
    faults: () => count,
  };
}

function readBand({ label, path }: PlacedLabel, index: number, report: Report): OpenBand[] {
  const text = String(label).trim();
  if (LONE_NUMBER.test(text)) {
    const number = Number(text);
    return [{ label, path, index, min: number, max: number, unit: NO_UNIT }];
  }
  const parsed = parseBandLabel(text);
  if (parsed !== undefined) return [{ ...parsed, label, path, index }];
  report(
    path,
    `expected a band such as "18-30", "65+", "under 18" or a number, its lower end first, got ${quote(label)}`,
  );
  return [];
}

function unitOf(bands: readonly OpenBand[], frame: RangeFrame, report: Report): Unit | undefined {
  const written = commonUnit(bands.map(({ unit }) => unit));
  if (written === undefined) {
    const units = [...new Set(bands.map(({ unit }) => `${unit.before}${unit.after}`.trim()))].filter(Boolean);
    report(
      frame.path,
      `unit error: expected one unit in all bands, got ${units.slice(0, 4).map(quote).join(' and ')}`,
    );
    return undefined;
  }
  if (frame.unit === undefined) return written.before === '' && written.after === '' ? undefined : written;
  if (commonUnit([frame.unit, written]) === undefined) {
    const [stated, other] = [frame.unit, written].map(({ before, after }) =>
      quote(`${before}${after}`.trim()),
    );
    report(frame.path, `unit error: expected one unit, got ${stated} in unit and ${other} in the bands`);
  }
  return frame.unit;
}

/** The bounds that closed bands have between them; open ones have none, so that the user has to say. */
function boundsOf(
  bands: readonly OpenBand[],
  place: FaultPath,
  report: Report,
): readonly [number, number] | undefined {
  const ends = bands.flatMap(({ min, max }) => [min, max]).filter((end) => end !== undefined);
  const lowest = ends.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = ends.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const below = bands.find(({ min }) => min === undefined);
  const above = bands.find(({ max }) => max === undefined);
  if (below === undefined && above === undefined) return [lowest, highest];
  const missing = [
    ...(below === undefined ? [] : [`${quote(below.label)} has no lower end`]),
    ...(above === undefined ? [] : [`${quote(above.label)} has no upper end`]),
  ];
  const range = `range: [${below === undefined ? lowest : 'LOWEST'}, ${above === undefined ? highest : 'HIGHEST'}]`;
  report(place, `${missing.join(' and ')}: add the line "${range}" with the numbers of your own`);
  return undefined;
}

/** Whole numbers leave out an end by ending one before it; among others the end itself is as good as never drawn. */
function closeBand(band: OpenBand, range: Range): PlacedBand {
  const step = range.decimals === undefined ? 1 : 0;
  return {
    index: band.index,
    path: band.path,
    label: String(band.label).trim(),
    min: band.min === undefined ? range.min : band.min + (band.minExclusive ? step : 0),
    max: band.max === undefined ? range.max : band.max - (band.maxExclusive ? step : 0),
  };
}

function checkInside({ label, min, max, path }: PlacedBand, range: Range, report: Report): void {
  const bounds = `the range [${range.min}, ${range.max}]`;
  if (min > range.max || max < range.min)
    report(path, `expected a band inside ${bounds}, got ${quote(label)}`);
  else if (min > max) report(path, `expected a band with numbers in it, but ${quote(label)} is empty`);
  else if (min < range.min || max > range.max)
    report(path, `expected a band inside ${bounds}, but ${quote(label)} reaches from ${min} to ${max}`);
}

function checkApart(bands: readonly PlacedBand[], { decimals }: Range, report: Report): void {
  for (const [index, next] of bands.entries()) {
    const band = bands[index - 1];
    if (band === undefined || next.min > band.max) continue;
    if (next.min < band.max || (next.max === band.max && next.min === band.min)) {
      report(
        next.path,
        `expected bands that do not overlap, but ${quote(next.label)} and ${quote(band.label)} do`,
      );
    } else if (decimals === undefined) {
      report(
        next.path,
        `${quote(band.label)} and ${quote(next.label)} share ${next.min}, and whole numbers can be in one band only: ` +
          `${fixFor(band, next)}, or add "decimals: 2" if these are not whole numbers`,
      );
    }
  }
}

function fixFor(band: PlacedBand, next: PlacedBand): string {
  return band.min < band.max
    ? `write "${bandLabelOf(band.min, band.max - 1)}" for the first`
    : `write "${bandLabelOf(next.min + 1, next.max)}" for the second`;
}
