import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { type Mention, mentionsOf } from './name-mentions.ts';
import type { PersonName } from './name-space.ts';

/**
 * Gives a persona the name that its slot owns, where the model answered with another one.
 *
 * Returns the persona itself when it has the owned name, as nearly all do, else a deep copy in which every text that
 * mentions the answered name, its given or its family name, mentions the owned one instead, and whose own `name` is the
 * owned full name. Keys stay. Other people keep their names: each `relationships[].name` stays unless it is the
 * person's own, and so do mentions of their full names in any text. Only
 * whole, capitalised words are taken for names (`Will's` but not `will`, `May` but not `Maybe` or `O'May`); a
 * capitalised word that is also a name, such as the month of a person called May, cannot be told apart and is replaced.
 *
 * @param persona what JSON can hold; not changed
 * @param answered the name that the model gave the person, in any order and spelling
 */
export function correctName<T>(persona: T, answered: string, owned: PersonName): T {
  if (answered === owned.full) return persona;
  const own = canonicalName(answered);
  const mentions = mentionsOf(answered, owned);
  // Of others' names only full ones are known in a text: a brother Will must not keep a Will from being corrected.
  const others = othersIn(persona).filter((name) => canonicalName(name) !== own && /\S\s+\S/u.test(name));
  const correct = createReplacer(mentions, others);
  const corrected = mapTexts(persona, (text, path) => {
    if (isOtherName(path)) return own !== '' && canonicalName(text) === own ? owned.full : text;
    return correct(text);
  });
  const named = isRecord(corrected) ? { ...corrected, name: owned.full } : corrected;
  // The copy has the shape of the original: only texts were exchanged for texts.
  return named as T;
}

type Path = readonly (string | number)[];

/** `relationships[i].name`, wherever in the persona the relationships are. */
function isOtherName(path: Path): boolean {
  return path.at(-1) === 'name' && typeof path.at(-2) === 'number' && path.at(-3) === 'relationships';
}

function othersIn(persona: unknown): string[] {
  const names: string[] = [];
  mapTexts(persona, (text, path) => {
    if (isOtherName(path)) names.push(text);
    return text;
  });
  return names;
}

function mapTexts(value: unknown, map: (text: string, path: Path) => string, path: Path = []): unknown {
  if (typeof value === 'string') return map(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapTexts(item, map, [...path, index]));
  if (!isRecord(value)) return value;
  // fromEntries defines keys instead of assigning them: an own `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, map, [...path, key])]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One pass over a text, longest mention first, so that a replacement is never replaced again. Names of others are
 * mentions that stand for themselves: `Maria Costa` stays where `Maria` alone would not.
 */
function createReplacer(mentions: readonly Mention[], others: readonly string[]): (text: string) => string {
  const kept = others.flatMap((name) => [name, name.toUpperCase()]).map((text) => ({ text, instead: text }));
  const insteadOf = new Map<string, string>();
  // The first to claim a spelling keeps it: others before the person, the full name before its parts.
  for (const { text, instead } of [...kept, ...mentions]) {
    const key = squeeze(text);
    if (key !== '' && !insteadOf.has(key)) insteadOf.set(key, instead);
  }
  if (mentions.length === 0) return (text) => text;
  const pattern = patternOf([...insteadOf.keys()].toSorted((a, b) => b.length - a.length));
  const keptKeys = new Set(kept.map(({ text }) => squeeze(text)));
  return (text) => {
    const composed = text.normalize('NFC');
    const replaced = composed.replace(pattern, (found) => {
      const key = squeeze(found);
      return keptKeys.has(key) ? found : (insteadOf.get(key) ?? found);
    });
    return replaced === composed ? text : replaced;
  };
}

const WITHOUT_SPACES = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}ー\s]+$/u;
const HANGUL = /^[\p{sc=Hangul}\s]+$/u;

/** One form for all spacings and apostrophes that the pattern of a name matches. */
function squeeze(text: string): string {
  const words = text.normalize('NFC').trim().replaceAll('’', "'");
  return words.replaceAll(/\s+/gu, WITHOUT_SPACES.test(words) || HANGUL.test(words) ? '' : ' ');
}

const BEFORE = "(?<![\\p{L}\\p{M}\\p{N}_])(?<![\\p{L}\\p{N}][-‐‑])(?<!\\p{Lu}['’])";
const AFTER = "(?![\\p{L}\\p{M}\\p{N}_])(?![-‐‑][\\p{L}\\p{N}])(?!['’]\\p{Lu}\\p{L})";

/**
 * A pattern for names between word boundaries. Not a boundary: a letter, digit or underscore; a hyphen that joins
 * another word (`Anna-Maria`); an apostrophe after a capital (`O'Neil`) or before a capitalised word. Chinese, Japanese and
 * Thai put no space between words, and Korean particles follow a name directly, so there the name itself must do.
 *
 * The boundaries stand once around all names: their character classes are what compiling the pattern costs.
 *
 * @param names longest first
 */
function patternOf(names: readonly string[]): RegExp {
  const packed = names.filter((name) => WITHOUT_SPACES.test(name));
  const hangul = names.filter((name) => HANGUL.test(name));
  const spaced = names.filter((name) => !WITHOUT_SPACES.test(name) && !HANGUL.test(name));
  const anyOf = (literals: readonly string[]) => `(?:${literals.join('|')})`;
  const branches = [
    ...(spaced.length > 0 ? [`${BEFORE}${anyOf(spaced.map(literalOf))}${AFTER}`] : []),
    ...(hangul.length > 0 ? [`${BEFORE}${anyOf(hangul.map(looselySpaced))}`] : []),
    ...packed.map(looselySpaced),
  ];
  return new RegExp(branches.join('|'), 'gu');
}

function literalOf(name: string): string {
  const escaped = name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return escaped.replaceAll("'", "['’]").replaceAll(' ', '\\s+');
}

const looselySpaced = (name: string) => [...name].join('\\s*');
