import type { Faker } from '@faker-js/faker';
import { NAMES_OF } from '../../shared/names/faker-locales.ts';
import type { Gender } from '../../shared/names/gender-words.ts';
import { canonicalName } from '../../shared/transactions/canonical-name.ts';

export type { Gender };
export const GENDERS = ['female', 'male'] as const satisfies readonly Gender[];

/** How a locale writes a name, and how it lengthens one when its two-part names run out. */
export interface NameStyle {
  /** Family name first, as in Hungary, China, Japan, Korea and Vietnam. */
  readonly familyFirst: boolean;
  /** Between the parts of a name: nothing in Chinese and Korean. */
  readonly separator: ' ' | '';
  /** Between two surnames: `Smith-Jones`, `García López`. */
  readonly surnameJoiner: string;
  /**
   * `middle`: a second given name (or the locale's own middle names), then a second surname. `surname`: the other way
   * round. `characters`, `words`: given names composed of the parts that the locale's own consist of, then two surnames.
   */
  readonly lengthenBy: 'middle' | 'surname' | 'characters' | 'words';
}

/** One locale's names as the library has them, tidied: see `tidy`. */
export interface LocaleNames {
  readonly given: Readonly<Record<Gender, readonly string[]>>;
  readonly family: Readonly<Record<Gender, readonly string[]>>;
  /** Patronymics and customary middle names. Undefined where further given names serve. */
  readonly middle: Readonly<Record<Gender, readonly string[]>> | undefined;
  readonly style: NameStyle;
}

type ByGender = { readonly [key in Gender | 'generic']?: readonly string[] | undefined };
type Pattern = { readonly value: string; readonly weight: number };

/**
 * Reads one locale's names from `@faker-js/faker`, importing that locale's module only.
 *
 * Names that the library calls generic belong to both genders here; `allot` later gives each to one.
 *
 * @param locale one of `FAKER_LOCALES`
 */
export async function loadLocaleNames(locale: string): Promise<LocaleNames> {
  const source = NAMES_OF[locale] ?? locale;
  const { faker } = (await import(`@faker-js/faker/locale/${source}`)) as { faker: Faker };
  const person = faker.rawDefinitions.person ?? {};
  const namePatterns = (person.name ?? []) as readonly Pattern[];
  const surnamePatterns = Object.values(person.last_name_pattern ?? {}).flat() as readonly Pattern[];
  const given = withoutTitles(bothGenders((person.first_name ?? {}) as ByGender));
  return {
    given,
    family: bothGenders((person.last_name ?? {}) as ByGender),
    middle: namePatterns.some(({ value }) => value.includes('person.middleName'))
      ? bothGenders((person.middle_name ?? {}) as ByGender)
      : undefined,
    style: styleOf(source, namePatterns, surnamePatterns, given.female[0] ?? ''),
  };
}

/** Given names of the library's English lists that a reader, or a model, takes for a title: `General Bogan`. */
const TITLES = new Set(
  'Baby Baron General Judge King Major Prince Princess Queen Royal Santa'.split(' ').map(canonicalName),
);

function withoutTitles(given: Record<Gender, readonly string[]>): Record<Gender, readonly string[]> {
  const isName = (name: string) => !TITLES.has(canonicalName(name));
  return { female: given.female.filter(isName), male: given.male.filter(isName) };
}

function bothGenders(lists: ByGender): Record<Gender, readonly string[]> {
  const generic = lists.generic ?? [];
  return {
    female: tidy([...(lists.female ?? []), ...generic]),
    male: tidy([...(lists.male ?? []), ...generic]),
  };
}

const NAME_PART = /^[\p{L}\p{M}\u200c '’‘ʻʼ-]+$/u;

/**
 * Drops what is no name (`Mia+3`), trims, composes accents, and keeps one of several spellings of a name.
 *
 * Spellings are compared by `spellingKey`, which is coarser than the canonical form: whoever compares names more
 * loosely than we do still finds them distinct.
 */
function tidy(list: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const raw of list) {
    const part = raw.normalize('NFC').replace(/^[\s\u200c]+|[\s\u200c]+$/gu, '');
    const key = spellingKey(part);
    if (key !== '' && NAME_PART.test(part) && !kept.has(key)) kept.set(key, part);
  }
  return [...kept.values()];
}

/** The canonical form without spaces and without the marks of any script. */
export function spellingKey(part: string): string {
  return canonicalName(part)
    .normalize('NFKD')
    .replace(/[\p{M} ]+/gu, '')
    .normalize('NFC');
}

const FAMILY_AND_GIVEN = /^\{\{person\.lastName\}\}( ?)\{\{person\.firstName\}\}$/;
const GIVEN_AND_FAMILY = /^\{\{person\.firstName\}\} \{\{person\.lastName\}\}$/;
const TWO_SURNAMES = /^\{\{[\w.]+\}\}([ -])\{\{[\w.]+\}\}$/;

/**
 * Reads the style from the library's patterns, leaving out titles and suffixes. Where both orders are common the given
 * name goes first. Two additions of ours: the library writes Vietnamese names in Western order, and it does not know
 * that Portuguese names, like Spanish ones, take a second surname before a second given name.
 */
function styleOf(
  locale: string,
  names: readonly Pattern[],
  surnames: readonly Pattern[],
  sampleGiven: string,
): NameStyle {
  const weightOf = (patterns: readonly Pattern[], shape: RegExp) =>
    patterns.reduce((sum, { value, weight }) => (shape.test(value) ? sum + weight : sum), 0);
  const isVietnamese = locale === 'vi';
  const isPortuguese = locale.startsWith('pt_');
  const familyFirst = isVietnamese || weightOf(names, FAMILY_AND_GIVEN) > weightOf(names, GIVEN_AND_FAMILY);
  const unspaced = familyFirst && names.some(({ value }) => FAMILY_AND_GIVEN.exec(value)?.[1] === '');
  const ofCharacters = /\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Hangul}/u.test(sampleGiven);
  const allSurnames = surnames.reduce((sum, { weight }) => sum + weight, 0);
  const twoSurnames = isPortuguese || weightOf(surnames, TWO_SURNAMES) * 2 >= Math.max(allSurnames, 1);
  const joiner = surnames
    .map(({ value }) => TWO_SURNAMES.exec(value)?.[1])
    .find((found) => found !== undefined);
  const hyphenates = /\p{sc=Latin}|\p{sc=Greek}|\p{sc=Cyrillic}/u.test(sampleGiven);
  const usualJoiner = ofCharacters ? '' : hyphenates && !isPortuguese && !isVietnamese ? '-' : ' ';
  return {
    familyFirst,
    separator: unspaced ? '' : ' ',
    surnameJoiner: joiner ?? usualJoiner,
    lengthenBy: ofCharacters ? 'characters' : isVietnamese ? 'words' : twoSurnames ? 'surname' : 'middle',
  };
}
