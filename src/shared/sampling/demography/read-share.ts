import type { Json } from '../../factory/untrusted-json.ts';
import { cut } from './group-names.ts';

/** Longer texts are prose; the cut keeps hostile ones cheap. */
const MAX_CHARACTERS = 200;
const MAX_SHOWN_CHARACTERS = 40;

const ABOUT = String.raw`approx(?:\.|imately)?|about|around|circa|ca?\.|roughly|nearly|almost|est(?:\.|imated)`;
const SIGN = '[%％٪]|per ?cent|pct\\.?';
/** A year, a source, a footnote. */
const REMARK = String.raw`\([^()]*\)|\[[^[\]]*\]|[*†‡§¹²³]`;
const PERCENTAGE = new RegExp(
  String.raw`^(?:(?:[~≈+]|${ABOUT})\s?)?(?<number>\d{1,3}(?:[.,]\d+)?)\s?(?:${SIGN})(?:\s?(?:${REMARK}))*$`,
  'iu',
);
const COMPARED =
  'less than|fewer than|under|below|up to|at most|more than|over|above|at least|between|and|to|or';
/** Begins with something of percent, though not with one number of them. */
const NEAR_PERCENTAGE = new RegExp(
  String.raw`^(?:[^\p{L}%％٪]|\b(?:nan|inf(?:inity)?|${COMPARED}|${ABOUT})(?!\p{L}))*(?:${SIGN})`,
  'iu',
);
/** What else people write into a column of shares. */
const PLACEHOLDER = /^(?:[-+]?(?:nan|inf(?:inity)?)|\p{No}|\d+ ?[/⁄] ?\d+|[-−–—?.…]+|n\/?a|none|unknown)?$/iu;
const BARE_NUMBER = new RegExp(String.raw`^[-−<>≤≥~≈]?\s?\d+(?:[.,]\d+)?(?:\s?(?:${REMARK}))*$`, 'u');
const NEGATIVE = /^[-−–] ?\d/;

/**
 * The number of a text that is a percentage and nothing else but a remark: 18.6 for `"18.6%"`, `"18,6 %"`,
 * `"approx. 18.6 percent"` and `"18.6% (2019)"`.
 */
export function percentageOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return undefined;
  const number = PERCENTAGE.exec(value.trim())?.groups?.number;
  return number === undefined ? undefined : Number(number.replace(',', '.'));
}

/** Whether a text is about percentages, though it is not one: `"<1%"`, `"40-60%"`, `"NaN%"`. */
export function isNearPercentage(value: Json | undefined): boolean {
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return false;
  return percentageOf(value) === undefined && NEAR_PERCENTAGE.test(value.trim());
}

/** Whether a value among percentages stands where a share should, and is none. Prose beside them does not. */
export function isNoShare(value: Json | undefined): boolean {
  if (typeof value === 'number') return value <= 100;
  if (value === null || isNearPercentage(value)) return true;
  if (typeof value !== 'string' || value.length > MAX_SHOWN_CHARACTERS) return false;
  return PLACEHOLDER.test(value.trim()) || isBareNumber(value);
}

/** Whether a text is a number without a unit, remarks aside: `"20"`, `"<1"`, `"49.5 (approx)"`. */
export function isBareNumber(value: Json | undefined): boolean {
  return typeof value === 'string' && value.length <= MAX_SHOWN_CHARACTERS && BARE_NUMBER.test(value.trim());
}

/** What is wrong with such a value, for notes: `` `Z` says "<1%", which is no share ``. */
export function describeNoShare(label: string, value: Json | undefined): string {
  const text = typeof value === 'string' ? value.trim() : String(value ?? '');
  const entry = `\`${cut(label.trim(), MAX_SHOWN_CHARACTERS)}\``;
  if (text === '') return `${entry} says nothing`;
  const says = `${entry} says ${typeof value === 'string' ? JSON.stringify(cut(text, MAX_SHOWN_CHARACTERS)) : text}`;
  if (NEGATIVE.test(text)) return `${says}, which is a negative share`;
  return typeof value === 'number' || (/^\d/.test(text) && isBareNumber(text))
    ? `${says} without a percent sign`
    : `${says}, which is no share`;
}
