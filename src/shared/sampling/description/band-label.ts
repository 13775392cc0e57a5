/** What stands around a number: `$` and nothing, nothing and ` years`. */
export interface Unit {
  readonly before: string;
  readonly after: string;
}

/** The numbers that the label of a band speaks of. An end that is missing is open. */
export interface BandLabel {
  readonly min?: number;
  readonly max?: number;
  /** The band begins above `min`, as in `over 65`. */
  readonly minExclusive?: boolean;
  /** The band ends below `max`, as in `under 18`. */
  readonly maxExclusive?: boolean;
  readonly unit: Unit;
}

/** Longer texts are no labels of bands; the cut keeps hostile ones cheap. */
const MAX_LABEL_CHARACTERS = 200;

/** Before a number: attached to it, and to nothing before it but what a number may follow. `COVID-19` has none. */
const SIGN_AT_HEAD = /(?<=^|[\s\p{Sc}<>≤≥=])[-−]$/u;
/** Before the second number: what is before the sign must be a separator of its own. */
const SIGN_AT_END = /[-−]$/;
const NUMBER = /(?<digits>\d+(?:[.,'’ ]\d+)*)(?<times>[kKM](?![\p{L}\p{M}\d°²³]))?/gu;
const ZEROS: Readonly<Record<string, number>> = { k: 3, K: 3, M: 6 };
const PLAIN = /^\d+(?:\.\d+)?$/;
const THOUSANDS = /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$/;
const SPACED_THOUSANDS = /^[1-9]\d{0,2}(?:[ '’]\d{3})+(?:[.,]\d{1,2})?$/;
const DOTTED_THOUSANDS = /^[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})$/;
const DECIMAL_COMMA = /^(?:0,\d+|\d+,\d{1,2})$/;
/** `1.000` is a thousand in half of the world and one in the other half. */
const UNDECIDED = /^[1-9]\d{0,2}\.\d{3}$/;

const BEFORE = String.raw`(?<before>(?:[A-Za-z]{0,3}\p{Sc}|\p{L}{2,3}\.?) ?|)`;
const AFTER_CHARACTERS = String.raw` ?[\p{L}\p{Sc}%°][\p{L}\p{M}\p{Sc}%°²³./' ]*`;
const AFTER = `(?<after>(?:${AFTER_CHARACTERS}?)?)`;
/** Currencies, in the one place that sees case: `USD 20`, `US$20`, `kr 20`; not `mid 20`. */
const UNIT_BEFORE =
  /^(?:(?:[A-Za-z]{0,3}\p{Sc}|[A-Z]{3}|[Kk]r\.?|zł|Kč|Rs\.?|Fr\.?|Ft|[Ll]ei|лв\.?|руб\.?) ?)?$/u;
const MAX_UNIT_CHARACTERS = 40;
const UNIT_AFTER = new RegExp(`^(?:${AFTER_CHARACTERS})?$`, 'u');

const OR_MORE = '(?:and|or) (?:over|above|older|more|higher|up|upwards|greater|later)|plus';
const OR_LESS = '(?:and|or) (?:under|below|younger|less|fewer|lower|earlier)';
const AT_LEAST = '≥|>=|at least|from|minimum|min\\.?';
const OVER = '>|over|above|more than|older than|greater than';
const UP_TO = '≤|<=|up to|at most|maximum|max\\.?';
const UNDER = '<|under|below|less than|fewer than|younger than|lower than';
const DASH = '[-‐‑‒–—−~〜～]|\\.\\.\\.?|…';

const AGE = '(?:ages?|aged) ';
const OPEN_HEAD = new RegExp(
  `^(?:${AGE})?(?:(?<atLeast>${AT_LEAST})|(?<over>${OVER})|(?<upTo>${UP_TO})|(?<under>${UNDER})|) ?${BEFORE}$`,
  'iu',
);
const OPEN_TAIL = new RegExp(
  `(?: ?(?<plus>\\+)|(?<= )(?:(?<orMore>${OR_MORE})|(?<orLess>${OR_LESS})))(?= |$)`,
  'iu',
);
const PAIR_HEAD = new RegExp(`^(?:${AGE})?(?:from |(?<between>between ))?${BEFORE}$`, 'iu');
const PAIR_MIDDLE = new RegExp(
  `^${AFTER} ?(?:${DASH}|(?<= )(?:(?<and>and)|to|through|thru|until|till)(?= ))(?<below> ?(?:${UNDER}))? ?${BEFORE}$`,
  'iu',
);
/** `1980s`, `4th`: what follows the number names something else than a quantity. */
const NO_UNIT = /^(?:s|st|nd|rd|th)$/i;

/**
 * Reads the label of a band of numbers: `18-30`, `65+`, `under 18 years`, `$25,000-$49,999`, `1.5 to 2.0`.
 *
 * `k`, `K` and `M` that touch a number are thousands and millions: `$2K+`. `5kg`, `2 k` and `5m` are units.
 *
 * A minus belongs to the number that it touches, if something else separates the two: `-20 to -1`, `−20–−1`, `under -3`.
 *
 * Undefined for every other text, which includes lone numbers, dates, what could be read in two ways (`1.000`, `-20-10`),
 * ends of different units and bands that end before they begin: taking such a label as a word is right, if plain, while
 * guessing would give people wrong numbers.
 */
export function parseBandLabel(label: string): BandLabel | undefined {
  if (label.length > MAX_LABEL_CHARACTERS) return undefined;
  const text = label.trim().replace(/\s+/gu, ' ');
  const found = [...text.matchAll(NUMBER)];
  const [first, second] = found;
  if (first === undefined || found.length > 2) return undefined;
  const written = text.slice(0, first.index);
  const head = written.replace(SIGN_AT_HEAD, '');
  const rest = text.slice(first.index + first[0].length);
  const isNegative = head !== written;
  if (second === undefined) {
    const amount = readNumber(first[0]);
    return amount === undefined ? undefined : openBand(head, signed(amount, isNegative), rest);
  }
  const [amount, end] = readPair(first, second, /\p{Sc}/u.test(head));
  if (amount === undefined || end === undefined) return undefined;
  const number = signed(amount, isNegative);
  const middle = text.slice(first.index + first[0].length, second.index);
  const tail = text.slice(second.index + second[0].length);
  const between = middle.replace(SIGN_AT_END, '');
  if (between !== middle && PAIR_MIDDLE.test(between)) {
    return closedBand(head, number, between, signed(end, true), tail);
  }
  // `-20-10` and `-20 −10`: to 10, or to -10?
  return number < 0 && between !== middle ? undefined : closedBand(head, number, middle, end, tail);
}

/** A label for the band between two numbers: `18-30`, `-20 to -1`, and `3` where both are one. */
export function bandLabelOf(min: number, max: number): string {
  if (min === max) return String(min);
  return min < 0 ? `${min} to ${max}` : `${min}-${max}`;
}

/** Never -0, which prints as 0 and compares as another. */
function signed(amount: number, isNegative: boolean): number {
  return isNegative && amount !== 0 ? -amount : amount;
}

/** In `10-20k`, both are thousands; in `500-2k`, they cannot be. `18-24M` is undecided: millions, months or men? */
function readPair(first: RegExpExecArray, second: RegExpExecArray, isMoney: boolean): (number | undefined)[] {
  const { digits = '', times } = first.groups ?? {};
  const { digits: endDigits = '', times: endTimes = '' } = second.groups ?? {};
  if (times === undefined && endTimes === 'M' && !isMoney && Number(digits) !== 0) return [];
  const isShared = times === undefined && Number(readNumber(digits)) < Number(readNumber(endDigits));
  return [readNumber(digits + (isShared ? endTimes : (times ?? ''))), readNumber(endDigits + endTimes)];
}

function readNumber(text: string): number | undefined {
  const zeros = ZEROS[text.slice(-1)];
  const written = zeros === undefined ? text : text.slice(0, -1);
  if (UNDECIDED.test(written)) return undefined;
  let plain: string;
  if (PLAIN.test(written)) plain = written;
  else if (THOUSANDS.test(written)) plain = written.replaceAll(',', '');
  else if (SPACED_THOUSANDS.test(written)) plain = written.replace(/[ '’]/g, '').replace(',', '.');
  else if (DOTTED_THOUSANDS.test(written)) plain = written.replaceAll('.', '').replace(',', '.');
  else if (DECIMAL_COMMA.test(written)) plain = written.replace(',', '.');
  else return undefined;
  const number = Number(`${plain}e${zeros ?? 0}`);
  return number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

function openBand(head: string, number: number, tail: string): BandLabel | undefined {
  const left = OPEN_HEAD.exec(head)?.groups;
  const right = OPEN_TAIL.exec(tail);
  const { plus, orMore, orLess } = right?.groups ?? {};
  const after =
    right === null ? [tail] : [tail.slice(0, right.index), tail.slice(right.index + right[0].length)];
  const unit = unitOf(
    [left?.before ?? ''],
    after.map((text) => text.trimEnd()),
  );
  if (left === undefined || unit === undefined) return undefined;
  const { atLeast, over, upTo, under } = left;
  const comparisons = [atLeast, over, upTo, under, plus, orMore, orLess];
  if (comparisons.filter((word) => word !== undefined).length !== 1) return undefined;
  if (over !== undefined) return { min: number, minExclusive: true, unit };
  if (under !== undefined) return { max: number, maxExclusive: true, unit };
  return upTo === undefined && orLess === undefined ? { min: number, unit } : { max: number, unit };
}

function closedBand(
  head: string,
  min: number,
  middle: string,
  max: number,
  tail: string,
): BandLabel | undefined {
  const left = PAIR_HEAD.exec(head)?.groups;
  const between = PAIR_MIDDLE.exec(middle)?.groups;
  if (left === undefined || between === undefined) return undefined;
  if ((left.between === undefined) !== (between.and === undefined)) return undefined;
  const unit = unitOf([left.before ?? '', between.before ?? ''], [between.after ?? '', tail]);
  const maxExclusive = between.below !== undefined;
  if (unit === undefined || min > max || (maxExclusive && min === max)) return undefined;
  return { min, max, ...(maxExclusive ? { maxExclusive } : {}), unit };
}

function unitOf(before: readonly string[], after: readonly string[]): Unit | undefined {
  if (!before.every((text) => UNIT_BEFORE.test(text))) return undefined;
  if (!after.every((text) => text.length <= MAX_UNIT_CHARACTERS && UNIT_AFTER.test(text))) return undefined;
  return commonUnit([
    ...before.map((text) => ({ before: text, after: '' })),
    ...after.map((text) => ({ before: '', after: text })),
  ]);
}

/**
 * The one unit that several labels speak of: case and a plural `s` do not matter, and a label may leave it out. Undefined
 * when they differ.
 */
export function commonUnit(units: Iterable<Unit>): Unit | undefined {
  let before = '';
  let after = '';
  for (const unit of units) {
    if (NO_UNIT.test(unit.after)) return undefined;
    const agreed = [agree(before, unit.before), agree(after, unit.after)];
    if (agreed[0] === undefined || agreed[1] === undefined) return undefined;
    [before, after] = [agreed[0], agreed[1]];
  }
  return { before, after };
}

function agree(one: string, other: string): string | undefined {
  const key = (text: string) => text.trim().toLowerCase().replace(/s$/, '');
  if (one === '' || other === '') return one || other;
  if (key(one) !== key(other)) return undefined;
  return other.length > one.length ? other : one;
}
