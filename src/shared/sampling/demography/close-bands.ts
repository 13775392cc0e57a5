import type { Unit } from '../description/band-label.ts';
import type { Band, RangeDimension } from '../dimensions.ts';
import { type OpenBand, readBandRows } from './band-rows.ts';
import type { Share } from './shares.ts';

const MAX_DECIMALS = 6;
const OLDEST = 100;
/** For those few tables whose last ages are beyond it. */
const OLDEST_PAST_LAST_BAND = 10;
/** As in the schema that persons are checked with. */
const OLDEST_OF_ALL = 120;

/** Bands as a dimension: either what it is, with remarks on what was assumed, or why the bands cannot be used. */
export type BandsReading =
  | {
      readonly range: Omit<RangeDimension, 'name'>;
      readonly bandCount: number;
      readonly remarks: readonly string[];
    }
  | { readonly fault: string };

/**
 * Reads shares as bands of one unit, so that people get a number, not a band; undefined where the labels are words.
 *
 * Open ends are closed: ages at 0 and 100, and at 120 whatever is written, other quantities at 0 and at twice where the last
 * band begins. Where bands of whole numbers share an end, as `18-30` and `30-45` do, the number belongs to the upper one, whose label has it too. Bands
 * that overlap by more, or that nothing fits into, have a fault: guessing which of them is meant would be wrong for
 * somebody, and as words they would give people an age of "18-30".
 */
export function readBands(shares: readonly Share[], isAge: boolean): BandsReading | undefined {
  const rows = readBandRows(shares, isAge);
  if (rows === undefined || 'fault' in rows) return rows;
  const { bands, unit } = rows;
  if (areCalendarYears(bands, unit, isAge)) return { fault: 'years have no bounds to close open bands at' };
  const decimals = Math.max(...bands.flatMap(({ read: { min, max } }) => [decimalsOf(min), decimalsOf(max)]));
  if (decimals > MAX_DECIMALS) return { fault: `its bands have more than ${MAX_DECIMALS} decimals` };
  if (isAge && decimals > 0) return { fault: 'people have ages in whole years' };
  const closed = closeBands(bands, { unit: isAge ? { before: '', after: '' } : unit, decimals, isAge });
  return 'fault' in closed ? closed : { ...closed, remarks: [...closed.remarks, ...rows.remarks] };
}

function closeBands(
  open: readonly OpenBand[],
  { unit, decimals, isAge }: { unit: Unit; decimals: number; isAge: boolean },
): BandsReading {
  const written = (value: number) =>
    `${unit.before}${value.toLocaleString('en-US', { maximumFractionDigits: MAX_DECIMALS })}${unit.after}`;
  const step = 10 ** -decimals;
  const rounded = (value: number) => Number(value.toFixed(decimals));
  const remarks: string[] = [];
  const bands = open
    .map(({ label, weight, read }): Band => {
      const start = read.min ?? 0;
      const end = read.max ?? topOf(start, unit, isAge);
      if (read.min === undefined) remarks.push(`\`${label.trim()}\` starts at ${written(start)}`);
      if (read.max === undefined) remarks.push(`\`${label.trim()}\` closed at ${written(end)}`);
      const min = read.minExclusive ? start + step : start;
      const stated = read.maxExclusive ? end - step : end;
      const max = isAge && min <= OLDEST_OF_ALL ? Math.min(stated, OLDEST_OF_ALL) : stated;
      if (max < stated) remarks.push(`\`${label.trim()}\` closed at ${written(max)}`);
      return { label: label.trim(), min: rounded(min), max: rounded(max), weight };
    })
    .sort((a, b) => a.min - b.min || a.max - b.max);
  const impossible = isAge ? bands.find(({ min }) => min < 0 || min > OLDEST_OF_ALL) : undefined;
  if (impossible !== undefined) {
    return { fault: `the band \`${impossible.label}\` begins outside the ages 0 to ${OLDEST_OF_ALL}` };
  }
  for (const [index, band] of bands.entries()) {
    const next = bands[index + 1];
    if (next !== undefined && decimals === 0 && band.max === next.min && band.min < band.max) {
      band.max -= 1;
      remarks.push(`${written(next.min)} counts to \`${next.label}\``);
    }
    if (band.min > band.max || band.max > Number.MAX_SAFE_INTEGER) {
      return { fault: `the band \`${band.label}\` has no numbers in it` };
    }
    if (next !== undefined && (band.max > next.min || (decimals === 0 && band.max === next.min))) {
      return { fault: `the bands \`${band.label}\` and \`${next.label}\` overlap` };
    }
  }
  const min = bands[0]?.min ?? 0;
  const max = bands.at(-1)?.max ?? 0;
  const hasUnit = unit.before !== '' || unit.after !== '';
  const range = {
    kind: 'range' as const,
    min,
    max,
    ...(decimals > 0 && { decimals }),
    distribution: { kind: 'bands' as const, bands },
    ...(hasUnit && { unit }),
  };
  const numbers =
    decimals > 0 ? `numbers with ${decimals} decimal${decimals === 1 ? '' : 's'},` : 'whole numbers';
  return {
    range,
    bandCount: bands.length,
    remarks: [`${numbers} ${written(min)} to ${written(max)}`, ...remarks],
  };
}

/** Where a band without an upper end ends. */
function topOf(start: number, unit: Unit, isAge: boolean): number {
  if (isAge)
    return start < OLDEST ? OLDEST : Math.max(start, Math.min(start + OLDEST_PAST_LAST_BAND, OLDEST_OF_ALL));
  return unit.after.trim() === '%' && start < 100 ? Math.min(100, 2 * start) : 2 * start;
}

/** `1990 or later` is about a time: twice the year is not its end, and 0 not its beginning. */
function areCalendarYears(bands: readonly OpenBand[], unit: Unit, isAge: boolean): boolean {
  const ends = bands.flatMap(({ read: { min, max } }) => [min, max]).filter((end) => end !== undefined);
  const isOpen = bands.some(({ read: { min, max } }) => min === undefined || max === undefined);
  const isBare = unit.before === '' && unit.after === '' && !isAge;
  return isOpen && isBare && ends.every((end) => Number.isInteger(end) && end >= 1800 && end <= 2100);
}

function decimalsOf(value: number | undefined): number {
  return value === undefined ? 0 : (/\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0);
}
