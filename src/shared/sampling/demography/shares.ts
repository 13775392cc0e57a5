import type { Json } from '../../factory/untrusted-json.ts';
import { isPlainObject } from '../../factory/value-path.ts';
import { percentageOf } from './read-share.ts';

export type JsonMap = { [key: string]: Json };

export function isJsonMap(value: Json): value is JsonMap {
  return isPlainObject(value);
}

/** One entry of a distribution, its weight as written: 18.6 for `"18.6%"`. */
export interface Share {
  readonly label: string;
  readonly weight: number;
}

/** How the shares of a map are written: percentages as text, or plain numbers of which 100 or 1 is the whole. */
export type ShareUnit = 'percent' | 'number';

/** Percentage points that the shares of one distribution may miss 100 by: rounding, and answers such as "don't know". */
const TOLERANCE = 2;
/** For sums such as 102.00000000000001. */
const FLOAT_SLACK = 1e-9;
const MAX_LABEL_CHARACTERS = 1000;

const TOTAL = /^(?:(?:grand |sub-?)?total|all|sum|overall)$/i;
const REMARK = /^(?:sources?|notes?|remarks?|comments?|description|title|units?|footnotes?)$/i;
const STATISTIC =
  /^(?:(?:min(?:imum)?|max(?:imum)?|mean|average|median|std|stdev|variance|year)(?: .*)?|sd|n|count|size)$/i;
const OR_MORE =
  /\b(?:and|or) (?:higher|more|above|over|older|better|greater|up|beyond)\b|\bat least\b|^\s*[≥>]|\d\s*\+/i;
const OR_LESS = /\b(?:and|or) (?:lower|less|below|under|younger|fewer)\b|\bat most\b|\bup to\b|^\s*[≤<]/i;
const RATE = /\brates?$/i;

/** `Total` and its like: beside other shares it repeats their sum. */
export function isTotal(label: string): boolean {
  return TOTAL.test(label.trim());
}

/** A `Source`, a `Note` and their like: about the shares beside it, not one of them. */
export function isRemark(label: string, value: Json): boolean {
  return typeof value === 'string' && percentageOf(value) === undefined && REMARK.test(label.trim());
}

/** `Median`, `min age`: numbers of a map with such a label measure something, however they add up. */
export function isStatistic(label: string): boolean {
  return STATISTIC.test(label.trim());
}

export function sumOf(shares: readonly Share[]): number {
  let sum = 0;
  for (const { weight } of shares) sum += weight;
  return sum;
}

/** A sum of shares in percent. Plain numbers that sum to about 1 are fractions. */
export function inPercent(sum: number, unit: ShareUnit): number {
  return unit === 'number' && Math.abs(sum - 1) * 100 <= TOLERANCE + FLOAT_SLACK ? sum * 100 : sum;
}

/** Percentage points between a sum of shares and the whole; infinite where they are no whole. */
export function distanceFromWhole(sum: number, unit: ShareUnit): number {
  const distance = Math.abs(inPercent(sum, unit) - 100);
  return distance <= TOLERANCE + FLOAT_SLACK ? distance : Number.POSITIVE_INFINITY;
}

/** Why these shares do not divide people among them; undefined when they do. */
export function distributionFault(shares: readonly Share[], unit: ShareUnit): string | undefined {
  const [only] = shares;
  if (shares.length < 2) return `a single share${only === undefined ? '' : `, ${percent(only.weight)}`}`;
  if (shares.some(({ label }) => label.trim() === '')) return 'a share without a label';
  if (shares.some(({ label }) => label.length > MAX_LABEL_CHARACTERS)) {
    return `a label of more than ${MAX_LABEL_CHARACTERS} characters`;
  }
  const sum = inPercent(sumOf(shares), unit);
  const summed = `they sum to ${percent(sum)}`;
  if ([OR_MORE, OR_LESS].some((open) => shares.filter(({ label }) => open.test(label)).length > 1)) {
    return `cumulative shares, each of which includes others (${summed})`;
  }
  if (shares.some(({ label }) => RATE.test(label.trim()))) return `rates, not parts of a whole (${summed})`;
  if (distanceFromWhole(sum, unit) < Number.POSITIVE_INFINITY) return undefined;
  return `shares sum to ${percent(sum)}, so ${sum > 100 ? 'they overlap' : 'some are missing'}`;
}

/** `62.5 %`, for messages. */
export function percent(value: number): string {
  return `${Number(value.toFixed(2))} %`;
}
