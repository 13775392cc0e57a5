import { canonicalName } from '../../shared/transactions/canonical-name.ts';
import { allot } from './allot.ts';
import { GENDERS, type Gender, type LocaleNames, type NameStyle, spellingKey } from './locale-names.ts';

/** Locales whose lists are identical (`en`, `en_US`, `en_GB`, ...) form one group and share its names. */
export interface NameGroup {
  readonly id: string;
  readonly names: LocaleNames;
}

/** The parts that the names of one group and gender are made of. */
export interface NameLists {
  readonly style: NameStyle;
  readonly given: readonly string[];
  /** Given names of our own composing, for groups that lengthen so. */
  readonly composed: readonly string[];
  readonly family: readonly string[];
  /** The family names that may stand in a pair. */
  readonly pairable: readonly string[];
  readonly middle: readonly string[] | undefined;
}

export const listsKey = (group: string, gender: Gender): string => `${group}/${gender}`;

/**
 * Makes the lists from which names may be combined freely without ever meeting: any two different combinations, of
 * whichever groups and genders, differ in canonical form.
 *
 * Why, in three steps. (1) Given names, composed ones included, have one owner each. (2) Names that start with a family
 * name cannot be taken for names that start with a given one: such families are no given names of the others, and
 * have one owner among the groups that put them first. So the first part of a name tells its group, and the given
 * name tells its gender. (3) Inside one group and gender a name is read back in one way only, because each shape has a
 * number of words of its own (`nameShapes`): given names are one word (two in Vietnam), families too, except for those
 * like `van den Berg` whose first word is neither a family nor a given name itself. Without spaces, no family is the
 * beginning of another, and pairs are made of families of one length.
 */
export function disjointLists(groups: readonly NameGroup[], seed: string): Map<string, NameLists> {
  const usableGiven = groups.flatMap(({ id, names }) =>
    GENDERS.map((gender) => ({
      owner: listsKey(id, gender),
      names: names.given[gender].filter((given) => isUsableGiven(given, names.style)),
    })),
  );
  const given = allot(usableGiven, `${seed}/given`);
  const givenKeys = new Set(usableGiven.flatMap(({ names }) => names.map(spellingKey)));
  const composedKeys = new Map<string, string>();
  const composed = allot(
    groups
      .filter(({ names }) => composesGiven(names.style))
      .flatMap(({ id }) =>
        GENDERS.map((gender) => ({
          owner: listsKey(id, gender),
          names: compose(given.get(listsKey(id, gender)) ?? [], givenKeys, composedKeys),
        })),
      ),
    `${seed}/composed`,
    (name) => composedKeys.get(name) ?? spellingKey(name),
  );
  const familyFirst = familiesThatComeFirst(groups, givenKeysOfOthers(groups, usableGiven), seed);

  const lists = new Map<string, NameLists>();
  for (const { id, names } of groups) {
    for (const gender of GENDERS) {
      const key = listsKey(id, gender);
      const won = familyFirst.get(id);
      const middle = names.middle?.[gender].filter(isOneWord);
      const fillers = middle ?? given.get(key) ?? [];
      const family =
        won === undefined
          ? names.family[gender].filter(startsUnlike([...fillers, ...names.family[gender].filter(isOneWord)]))
          : names.family[gender].filter((name) => won.has(name));
      lists.set(key, {
        style: names.style,
        given: given.get(key) ?? [],
        composed: composed.get(key) ?? [],
        family,
        pairable:
          names.style.lengthenBy === 'characters' ? ofCommonestLength(family) : family.filter(isOneWord),
        middle,
      });
    }
  }
  return lists;
}

const composesGiven = ({ lengthenBy }: NameStyle) => lengthenBy === 'characters' || lengthenBy === 'words';
const wordsOf = (name: string) => canonicalName(name).split(' ');
const isOneWord = (name: string) => wordsOf(name).length === 1;
const lettersIn = (name: string) => [...name].length;

const IDEOGRAPHS = /^(?:\p{sc=Han}{2}|\p{sc=Hangul}{2})$/u;

/** The two parts of a given name that others can be composed from: two words in Vietnam, else two characters. */
function partsOf(given: string): readonly [first: string, last: string] | undefined {
  const [first, last, ...rest] = IDEOGRAPHS.test(given) ? [...given] : given.split(' ');
  return first !== undefined && last !== undefined && rest.length === 0 ? [first, last] : undefined;
}

function isUsableGiven(given: string, style: NameStyle): boolean {
  if (style.lengthenBy === 'words') return wordsOf(given).length === 2 && partsOf(given) !== undefined;
  return isOneWord(given) && (style.separator !== '' || lettersIn(given) <= 2);
}

/**
 * Every first part with every last part: new given names that sound like the old ones. Notes their spelling keys in
 * `keys`: tens of thousands of names, of which only the parts need a look.
 */
function compose(given: readonly string[], taken: ReadonlySet<string>, keys: Map<string, string>): string[] {
  const parts = given.map(partsOf).filter((found) => found !== undefined);
  const keyed = (side: readonly string[]) =>
    [...new Set(side)].map((part) => ({ part, key: spellingKey(part) }));
  const lasts = keyed(parts.map(([, last]) => last));
  const joiner = given.some((name) => name.includes(' ')) ? ' ' : '';
  const composed = new Map<string, string>();
  for (const first of keyed(parts.map(([part]) => part))) {
    for (const last of lasts) {
      const key = first.key + last.key;
      if (first.key === last.key || taken.has(key)) continue;
      const name = `${first.part}${joiner}${last.part}`;
      composed.set(key, name);
      keys.set(name, key);
    }
  }
  return [...composed.values()];
}

/** Given names of the groups whose names start with them. */
function givenKeysOfOthers(
  groups: readonly NameGroup[],
  given: readonly { owner: string; names: readonly string[] }[],
): Set<string> {
  const others = new Set(
    groups
      .filter(({ names }) => !names.style.familyFirst)
      .flatMap(({ id }) => GENDERS.map((gender) => listsKey(id, gender))),
  );
  return new Set(
    given.filter(({ owner }) => others.has(owner)).flatMap(({ names }) => names.map(spellingKey)),
  );
}

function familiesThatComeFirst(
  groups: readonly NameGroup[],
  givenKeys: ReadonlySet<string>,
  seed: string,
): Map<string, ReadonlySet<string>> {
  const first = groups.filter(({ names }) => names.style.familyFirst);
  const unspaced = new Set(first.filter(({ names }) => names.style.separator === '').map(({ id }) => id));
  const pairsOfCharacters = new Set(
    first.filter(({ names }) => names.style.lengthenBy === 'characters').map(({ id }) => id),
  );
  const won = allot(
    first.map(({ id, names }) => ({
      owner: id,
      names: [...new Set(GENDERS.flatMap((gender) => names.family[gender]))].filter(
        (name) => isOneWord(name) && !givenKeys.has(spellingKey(name)),
      ),
    })),
    `${seed}/family`,
  );
  const packed = new Set([...won].flatMap(([id, names]) => (unspaced.has(id) ? names : [])));
  return new Map(
    [...won].map(([id, names]) => {
      if (unspaced.has(id)) return [id, new Set(names.filter((name) => !hasPrefixIn(name, packed)))];
      if (!pairsOfCharacters.has(id)) return [id, new Set(names)];
      // A pair must not read as one family: see ofCommonestLength.
      const pairLength = 2 * commonestLength(names);
      return [id, new Set(names.filter((name) => lettersIn(name) < pairLength))];
    }),
  );
}

function hasPrefixIn(name: string, names: ReadonlySet<string>): boolean {
  const letters = [...name];
  return letters.some((_, length) => length > 0 && names.has(letters.slice(0, length).join('')));
}

/** Whether a family of several words starts with a word that is none of these names. One word is always fine. */
function startsUnlike(names: readonly string[]): (family: string) => boolean {
  const words = new Set(names.map(canonicalName));
  return (family) => {
    const [first = '', ...rest] = wordsOf(family);
    return rest.length === 0 || !words.has(first);
  };
}

function commonestLength(names: readonly string[]): number {
  const counts = new Map<number, number>();
  for (const name of names) counts.set(lettersIn(name), (counts.get(lettersIn(name)) ?? 0) + 1);
  const commonest = [...counts].sort(([lengthA, a], [lengthB, b]) => b - a || lengthA - lengthB)[0];
  return commonest?.[0] ?? 0;
}

/** Pairs written without a space are read back by position, so all their members have one length. */
function ofCommonestLength(families: readonly string[]): string[] {
  const length = commonestLength(families);
  return families.filter((name) => lettersIn(name) === length);
}
