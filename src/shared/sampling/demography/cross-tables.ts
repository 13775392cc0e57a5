import { headingOf } from './group-names.ts';
import { mayNamePart, namesPart } from './part-words.ts';
import { isAttribute } from './person-fields.ts';
import type { ShareGroup } from './share-groups.ts';

/** Documents have a few dozen such headings; the bound keeps hostile ones from being compared for minutes. */
const MAX_ATTRIBUTES = 1000;
const MAX_PLACE_CHARACTERS = 100;
/** Labels of every other table, which tell nothing about what is divided. */
const COMMONPLACE = /^(?:others?|none|unknown|all|any|total|general|mixed|yes|no|)$/;
const GENDERS: ReadonlyMap<string, string> = new Map([
  ['men', 'male'],
  ['man', 'male'],
  ['women', 'female'],
  ['woman', 'female'],
]);

interface Attribute {
  readonly group: ShareGroup;
  readonly heading: string;
  readonly words: ReadonlySet<string>;
}

/**
 * Leaves distributions to the context that speak of groups which the document divides elsewhere, because as dimensions of
 * their own they would contradict the others: what Democrats and Republicans each think, though it happen to sum to 99 %;
 * the incomes of `Male` and, beside them, of `Female`. So with those that stand under the name of a gender or an age group.
 */
export function withoutCrossTables(groups: readonly ShareGroup[]): ShareGroup[] {
  const attributes = groups
    .map((group) => ({ group, heading: headingOf(group.path) }))
    .filter(({ heading }) => isAttribute(heading))
    .slice(0, MAX_ATTRIBUTES)
    .map((attribute): Attribute => ({ ...attribute, words: wordsOf(attribute.group.words) }));
  const byWord = new Map<string, Attribute[]>();
  for (const attribute of attributes) {
    for (const word of attribute.words) {
      const known = byWord.get(word);
      if (known === undefined) byWord.set(word, [attribute]);
      else known.push(attribute);
    }
  }
  const tables = countTables(groups);
  const parts = findParts(groups);
  return groups.map((group) => {
    if (group.fault !== undefined) return group;
    const fault = withinFault(group, byWord, tables, parts) ?? acrossFault(group, byWord);
    return fault === undefined ? group : { ...group, fault };
  });
}

/** How many maps with the same labels stand below one key such as `Income by Gender`. */
function countTables(groups: readonly ShareGroup[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const group of groups) {
    const table = tableOf(group);
    if (table !== undefined) counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  return counts;
}

function tableOf({ path, words }: ShareGroup): string | undefined {
  const isBy = / by /i.test(path.at(-2) ?? '');
  return isBy ? JSON.stringify([path.slice(0, -1), [...wordsOf(words)].toSorted()]) : undefined;
}

/** The maps in which some heading names a part of the people. */
function findParts(groups: readonly ShareGroup[]): ReadonlySet<string> {
  return new Set(
    groups.flatMap(({ path }) =>
      path.flatMap((key, index) => (namesPart(key) ? [placeOf(path, index)] : [])),
    ),
  );
}

function placeOf(path: readonly string[], index: number): string {
  // Cut, because a hostile document could repeat a key of megabytes for every group below it.
  return JSON.stringify(path.slice(0, index).map((key) => key.slice(0, MAX_PLACE_CHARACTERS)));
}

/** A distribution that holds for one part of the people only. */
function withinFault(
  group: ShareGroup,
  byWord: ReadonlyMap<string, readonly Attribute[]>,
  tables: ReadonlyMap<string, number>,
  parts: ReadonlySet<string>,
): string | undefined {
  const only = (key: string, of = '') =>
    `shares among \`${key}\`${of} only (a spec can state them under "given")`;
  for (const [index, key] of group.path.entries()) {
    const word = wordOf(key);
    const attribute = COMMONPLACE.test(word)
      ? undefined
      : byWord.get(word)?.find((each) => each.group !== group);
    if (attribute !== undefined) return only(key, ` (${attribute.heading})`);
    if (namesPart(key)) return only(key);
    if (mayNamePart(key) && parts.has(placeOf(group.path, index))) return only(key);
  }
  const table = tableOf(group);
  return table !== undefined && (tables.get(table) ?? 0) > 1 ? only(group.path.at(-1) ?? '') : undefined;
}

/** Shares by party, region or gender of something else: rates that happen to sum to 100 %. */
function acrossFault(
  group: ShareGroup,
  byWord: ReadonlyMap<string, readonly Attribute[]>,
): string | undefined {
  if (isAttribute(headingOf(group.path))) return undefined;
  const words = [...wordsOf(group.words)];
  if (words.every((word) => COMMONPLACE.test(word))) return undefined;
  const candidates = words
    .map((word) => byWord.get(word) ?? [])
    .reduce((fewest, next) => (next.length < fewest.length ? next : fewest));
  const attribute = candidates.find((candidate) => words.every((word) => candidate.words.has(word)));
  return attribute && `shares by ${attribute.heading}, which the document divides elsewhere`;
}

function wordsOf(labels: readonly string[]): ReadonlySet<string> {
  return new Set(labels.map(wordOf));
}

/** A label in the singular, without case and punctuation: `Democrats` and `democrat` are the same group. */
function wordOf(label: string): string {
  const word = label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return GENDERS.get(word) ?? (word.length > 3 ? word.replace(/s$/, '') : word);
}
