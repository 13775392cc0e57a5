import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import type { PersonName } from './name-space.ts';

/** A way to write a name, and what stands for it instead. */
export interface Mention {
  readonly text: string;
  readonly instead: string;
}

const TITLES = new Set(
  'mr mrs ms miss mx dr prof professor sir dame herr frau sr sra srta señor señora monsieur madame mme'.split(
    ' ',
  ),
);
const SUFFIXES = new Set('jr sr ii iii iv phd md esq'.split(' '));
const PARTICLES = new Set(
  'de da do dos das del della di du la le van von der den ter ten af av al el bin ibn bint'.split(' '),
);

/**
 * The ways in which prose mentions the person called `answered`, each with the words of the owned name that replace it.
 *
 * The whole name, or its first and last word, stands for the full name; what remains without the family name stands for
 * the given name, and the other way round. A middle name alone is left out: it may be anybody's. Titles and suffixes
 * (`Dr.`, `Jr.`) are not part of the name and stay where they are.
 */
export function mentionsOf(answered: string, owned: PersonName): Mention[] {
  const { words, titled } = withoutTitles(answered);
  const [first] = words;
  if (first === undefined) return [];
  if (words.length === 1) return mentionsOfOneWord(first, titled ? owned.family : owned.given, owned);

  const last = words.length - 1;
  const slice = (from: number, to: number) => words.slice(from, to + 1).join(' ');
  const full = [slice(0, last), `${first} ${slice(last, last)}`];
  const given: string[] = [];
  const family: string[] = [];
  if (answersFamilyFirst(words, owned)) {
    for (let to = 1; to < last; to++) full.push(slice(0, to));
    family.push(first);
    given.push(slice(1, last), slice(last, last));
  } else {
    // Particles belong to the family name: Vincent | van Gogh.
    let start = last;
    while (start > 1 && PARTICLES.has(words[start - 1] ?? '')) start--;
    full.push(`${first} ${slice(start, last)}`);
    for (let to = start - 1; to >= 0; to--) given.push(slice(0, to));
    for (let from = 1; from <= last; from++) family.push(slice(from, last));
  }
  return [
    ...full.flatMap((text) => spellings(text, owned.full)),
    ...given.flatMap((text) => spellings(text, owned.given)),
    ...family.flatMap((text) => spellings(text, owned.family)),
  ];
}

function withoutTitles(name: string): { words: string[]; titled: boolean } {
  const words = name
    .trim()
    .split(/[\s,]+/u)
    .filter((word) => canonicalName(word) !== '');
  const bare = (word: string | undefined) => word?.replaceAll('.', '').toLowerCase() ?? '';
  const all = words.length;
  while (words.length > 1 && TITLES.has(bare(words[0]))) words.shift();
  const titled = words.length < all;
  while (words.length > 1 && SUFFIXES.has(bare(words.at(-1)))) words.pop();
  return { words, titled };
}

/** One word is what the person is called; but 王小明 is a full name, of which 小明 is the given one. */
function mentionsOfOneWord(word: string, instead: string, owned: PersonName): Mention[] {
  if (!isUnspaced(word)) return spellings(word, instead);
  const given = [...word].slice(-2).join('');
  return [
    ...spellings(word, owned.full),
    ...([...word].length > 2 ? [{ text: given, instead: owned.given }] : []),
  ];
}

/** Whether the answer puts the family name first: as the owned name does, unless its words or letters say otherwise. */
function answersFamilyFirst(words: readonly string[], owned: PersonName): boolean {
  const first = canonicalName(words[0] ?? '');
  const last = canonicalName(words.at(-1) ?? '');
  if (first === canonicalName(owned.family) || last === canonicalName(owned.given)) return true;
  if (first === canonicalName(owned.given) || last === canonicalName(owned.family)) return false;
  const isLatin = (text: string) => /\p{sc=Latin}/u.test(text);
  return startsWith(owned.full, owned.family) && isLatin(words.join('')) === isLatin(owned.full);
}

const startsWith = (full: string, part: string) => full.startsWith(part) && full !== part;

const UNSPACED = /^[\p{sc=Han}\p{sc=Hangul}]{2,4}$/u;
/** Whether a name of one word is a Chinese or Korean one that holds family and given name. */
const isUnspaced = (word: string): boolean => UNSPACED.test(word);

/**
 * The spellings that count as mentions: as answered, capitalised, in capitals, with and without accents. Never in
 * lower case: `will` and `may` are words.
 */
function spellings(text: string, instead: string): Mention[] {
  const capitalised = text.replaceAll(/(?<![\p{L}\p{M}'’])\p{L}/gu, (letter) => letter.toUpperCase());
  const cased = [...new Set([text.includes(' ') ? text : capitalised, capitalised])];
  const written = cased.map((spelling) => ({ text: spelling, instead }));
  const capitals = { text: text.toUpperCase(), instead: instead.toUpperCase() };
  // A name that is in capitals already, or has one letter (J.), says nothing about how capitals are meant.
  const all = text === capitals.text ? written : [...written, capitals];
  return all
    .flatMap((mention) => [mention, { ...mention, text: withoutAccents(mention.text) }])
    .filter(({ text: spelling }) => [...canonicalName(spelling)].length > 1);
}

function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/(\p{sc=Latin})\p{M}+/gu, '$1')
    .normalize('NFC');
}
