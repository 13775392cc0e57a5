import { genderOf } from '../../shared/names/gender-words.ts';
import { localeForNationality } from '../../shared/names/locales-by-country.ts';
import { resolveLocale } from '../../shared/names/resolve-locale.ts';
import { hash32, mix32 } from '../../shared/sampling/seeded-hash.ts';
import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { GENDERS, type Gender, loadLocaleNames } from './locale-names.ts';
import { disjointLists, listsKey, type NameGroup } from './name-lists.ts';
import { createNameSpace, type NameSpace, type PersonName } from './name-space.ts';

export type { PersonName } from './name-space.ts';

/** Free text from a slot's characteristics: `female`, `Man`, `non-binary`; `Brazilian`, `Brazil`, `BR`, `pt_BR`. */
export interface NameTraits {
  readonly gender?: string | undefined;
  readonly nationality?: string | undefined;
}

/**
 * Names for the slots of one population: pure, synchronous, the same on every worker and in any order of asking.
 *
 * `candidate(slot, 0, traits)` is the slot's own name. Different slots of one population have different own names
 * (in canonical form), as long as each slot is asked for with the traits that the plan seals for it. `candidate(slot,
 * n, traits)` for n = 1, 2, ... are what it tries when another population or an import owns that name: never the own
 * name of any slot. Costs about a microsecond.
 *
 * @throws UserError when `slot` is not below `capacity(traits)`, which is past a million in every locale
 */
export interface NameSource {
  candidate(slot: number, attempt: number, traits: NameTraits): PersonName;
  /** How many slots with these traits find a name of their own. Those below `twoPartCapacity` get two-part ones. */
  capacity(traits: NameTraits): number;
  twoPartCapacity(traits: NameTraits): number;
}

export interface NameSourceOptions {
  readonly seed: string;
  /** A locale of `@faker-js/faker` (`pt_BR`, also `pt-BR`) for slots of no or unknown nationality. `en` by default. */
  readonly locale?: string | undefined;
  /** Every value that the plan can seal. Slots with other values are named as if they had none. */
  readonly genders?: readonly string[] | undefined;
  readonly nationalities?: readonly string[] | undefined;
}

const DEFAULT_LOCALE = 'en';

/**
 * Loads the locales that a population needs and divides their names among its nationalities and genders.
 *
 * @throws UserError for a locale that does not exist
 */
export async function openNameSource(options: NameSourceOptions): Promise<NameSource> {
  const home = resolveLocale(options.locale ?? DEFAULT_LOCALE);
  const localeByNationality = new Map<string, string>();
  for (const nationality of options.nationalities ?? []) {
    localeByNationality.set(canonicalName(nationality), localeForNationality(nationality) ?? home);
  }
  const groupIdByLocale = new Map<string, string>();
  const groups = await loadGroups([home, ...localeByNationality.values()], groupIdByLocale);
  const lists = disjointLists(groups, options.seed);
  const spaces = new Map<string, NameSpace>(
    [...lists].map(([key, list]) => [key, createNameSpace(list, `${options.seed}/${key}`)]),
  );
  const genders = new Set((options.genders ?? []).map(genderOf).filter((gender) => gender !== undefined));
  const coin = hash32(options.seed, hash32('gender'));

  const localeOf = memo((nationality) => localeByNationality.get(canonicalName(nationality)) ?? home);
  const genderNamed = memo((words) => {
    const gender = genderOf(words);
    return gender !== undefined && genders.has(gender) ? gender : undefined;
  });
  const spaceOf = (locale: string, gender: Gender): NameSpace => {
    const space = spaces.get(listsKey(groupIdByLocale.get(locale) ?? locale, gender));
    if (space === undefined) throw new Error(`no names were loaded for ${locale}`);
    return space;
  };
  const localeFor = ({ nationality }: NameTraits) =>
    nationality === undefined ? home : localeOf(nationality);
  const genderFor = ({ gender }: NameTraits) => (gender === undefined ? undefined : genderNamed(gender));

  // Where no slot is of a known gender, a pair of slots shares one place in the two lists, so that the short names
  // last twice as long. Where some are, any place may be theirs, and every slot keeps to its own.
  const slotsPerPlace = genders.size === 0 ? 2 : 1;
  const place = (slot: number): { gender: Gender; index: number } => {
    const index = Math.floor(slot / slotsPerPlace);
    const flipped = mix32(mix32(index ^ coin) ^ Math.floor(index / 2 ** 32)) & 1;
    return { index, gender: GENDERS[(flipped + (slot % slotsPerPlace)) % 2 === 0 ? 0 : 1] };
  };

  const slotsFor = (traits: NameTraits, count: (space: NameSpace) => number): number => {
    const gender = genderFor(traits);
    const locale = localeFor(traits);
    if (gender !== undefined) return count(spaceOf(locale, gender));
    return slotsPerPlace * Math.min(...GENDERS.map((each) => count(spaceOf(locale, each))));
  };

  return {
    candidate(slot, attempt, traits) {
      if (!Number.isSafeInteger(slot) || slot < 0 || !Number.isSafeInteger(attempt) || attempt < 0) {
        throw new RangeError(`expected a slot and an attempt from 0, got slot ${slot}, attempt ${attempt}`);
      }
      const placed = place(slot);
      const gender = genderFor(traits);
      const space = spaceOf(localeFor(traits), gender ?? placed.gender);
      return attempt === 0
        ? space.primary(gender === undefined ? placed.index : slot)
        : space.alternative(slot, attempt);
    },
    capacity: (traits) => slotsFor(traits, (space) => space.capacity),
    twoPartCapacity: (traits) => slotsFor(traits, (space) => space.twoPart),
  };
}

/** Loads each locale once. Locales with the same names become one group, called after its first locale in the alphabet. */
async function loadGroups(
  locales: readonly string[],
  groupIdByLocale: Map<string, string>,
): Promise<NameGroup[]> {
  const distinct = [...new Set(locales)].toSorted();
  const loaded = await Promise.all(
    distinct.map(async (locale) => ({ locale, names: await loadLocaleNames(locale) })),
  );
  const groupByContent = new Map<string, NameGroup>();
  for (const { locale, names } of loaded) {
    const content = JSON.stringify([names.given, names.family]);
    const group = groupByContent.get(content) ?? { id: locale, names };
    groupByContent.set(content, group);
    groupIdByLocale.set(locale, group.id);
  }
  return [...groupByContent.values()];
}

/** Remembers answers for the few texts that a plan repeats; starts over when handed ever new ones. */
function memo<T>(answer: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as T;
    const answered = answer(text);
    if (known.size >= 1000) known.clear();
    known.set(text, answered);
    return answered;
  };
}
