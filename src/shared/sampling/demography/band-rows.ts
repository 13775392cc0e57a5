import { type BandLabel, commonUnit, parseBandLabel, type Unit } from '../description/band-label.ts';
import { percent, type Share, sumOf } from './shares.ts';

export interface OpenBand extends Share {
  readonly read: BandLabel;
}

/** Rows as bands of one unit, with remarks on rows that were left out; why they are none; or undefined for plain words. */
export type BandRows =
  | { readonly bands: readonly OpenBand[]; readonly unit: Unit; readonly remarks: readonly string[] }
  | { readonly fault: string };

const NO_ANSWER =
  /^(?:ages? )?(?:others?|unknown|unspecified|unstated|undisclosed|undetermined|missing|refus(?:ed|al)|declined|n\/?a|none of (?:these|the above)|no (?:answer|response|reply|data|information)|(?:not|did not|didn'?t|never) (?:stated?|known|specif(?:y|ied)|report(?:ed)?|available|given|disclosed?|answer(?:ed)?|applicable|say)|prefer not .*|(?:don'?t|do not) know|unsure)(?: ages?)?(?: ?[/,(;].*)?$/i;
const MAX_NO_ANSWER_CHARACTERS = 60;
const LONE_NUMBER = /^\d{1,3}$/;
/** Two numbers with a dash between them, in whatever way they are written. */
const BAND_LIKE =
  /^(?:[^\p{L}\d]{0,9}|(?:ages?|aged|from) )\d[\d.,'’]{0,20}\s?[\p{Sc}%]?\s?(?:[-‐‑‒–—−~]|to\s)\s?\p{Sc}?\d/iu;
const ASIDE = /^[^()]*\(([^()]*)\)\s*$/;
const MAX_AGE_IN_ASIDE = 150;
const SHORT_TIME =
  /^(?:months?|mos?|weeks?|wks?|days?|hours?|mois|meses|mesi|monate?|wochen?|tage?|semaines?|semanas?|jours|d[ií]as)\.?$/i;

/**
 * Which rows of a distribution are bands. A row such as `Unknown` among them is left out: those people have a number too, and
 * are spread over the others. A lone number among bands is a band of one. Where bands are few, everything is words:
 * undefined.
 */
export function readBandRows(shares: readonly Share[], isAge: boolean): BandRows | undefined {
  const rows = shares.map((share) => ({ ...share, read: parseBandLabel(share.label) }));
  const plain = rows.filter(({ label }) => !isNoAnswer(label));
  const answers = (isAge ? readAsides(plain) : undefined) ?? plain;
  const banded = answers.filter(({ label, read }) => read !== undefined || BAND_LIKE.test(label.trim()));
  const words = answers.length - banded.length;
  if (banded.length === 0 || (isAge ? words > banded.length : words >= banded.length)) return undefined;
  const bands: OpenBand[] = [];
  for (const { label, weight, read = loneNumber(label) } of answers) {
    if (read === undefined) return { fault: noBand(label) };
    bands.push({ label, weight, read });
  }
  if (bands.length < 2) return { fault: `a single band, \`${bands[0]?.label}\`` };
  if (sumOf(bands) === 0) return { fault: 'nobody is in any of its bands' };
  const unit = commonUnit(bands.map(({ read }) => read.unit));
  if (unit === undefined || mixesTimes(bands, unit)) return { fault: 'its bands have different units' };
  if (isAge && SHORT_TIME.test(unit.after.trim()))
    return { fault: `ages in ${unit.after.trim()}, not years` };
  // Shares sum to about 1 or about 100.
  const scale = sumOf(shares) < 10 ? 100 : 1;
  const remarks = shares
    .filter(({ label }) => isNoAnswer(label))
    .map(
      ({ label, weight }) =>
        `\`${label.trim()}\` (${percent(weight * scale)}) is no band: its people are spread over the others`,
    );
  return { bands, unit, remarks };
}

/**
 * Rows such as `Children (0-14)` read by what is in their brackets. Undefined unless all rows are bands then, each with a
 * beginning of its own, of ages that people have: not `Men (18-30)` beside `Women (18-30)`, nor `Millennials (1981-1996)`.
 */
function readAsides(rows: readonly (Share & { read: BandLabel | undefined })[]): OpenBand[] | undefined {
  const bands = rows.flatMap(({ label, weight, read = bandInAside(label) }) =>
    read === undefined ? [] : [{ label, weight, read }],
  );
  const starts = new Set(bands.map(({ read }) => read.min ?? 0));
  return bands.length === rows.length && starts.size === rows.length ? bands : undefined;
}

function bandInAside(label: string): BandLabel | undefined {
  const read = parseBandLabel(ASIDE.exec(label)?.[1] ?? '');
  return Math.max(read?.min ?? 0, read?.max ?? 0) > MAX_AGE_IN_ASIDE ? undefined : read;
}

function isNoAnswer(label: string): boolean {
  return label.length <= MAX_NO_ANSWER_CHARACTERS && NO_ANSWER.test(label.trim());
}

function loneNumber(label: string): BandLabel | undefined {
  const number = LONE_NUMBER.exec(label.trim())?.[0];
  return number === undefined
    ? undefined
    : { min: Number(number), max: Number(number), unit: { before: '', after: '' } };
}

/** Why a label is none. Among bands, those that look like one and cannot be read are mostly reversed. */
function noBand(label: string): string {
  const [from, to] = [...label.matchAll(/\d+(?:\.\d+)?/g)].map(Number);
  const isReversed = BAND_LIKE.test(label.trim()) && from !== undefined && to !== undefined && from > to;
  return isReversed ? `the band \`${label}\` ends before it begins` : `\`${label}\` is no band of numbers`;
}

/** Beside `0-11 months`, the band `1-17` is one of years; other units are often left out. */
function mixesTimes(bands: readonly OpenBand[], unit: Unit): boolean {
  return SHORT_TIME.test(unit.after.trim()) && bands.some(({ read }) => read.unit.after === '');
}
