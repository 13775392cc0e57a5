import { fieldName } from './person-fields.ts';

/** Maps that hold a document rather than stand for something in it. */
const WRAPPER = /^(?:content|data|population|demographics|demography)$/i;
/** Keys that say how, not what: the map above has the name. */
const BARE =
  /^(?:distributions?|composition|breakdown|shares?|percentages?|proportions?|split|structure|values?)$/i;
const NAMELESS = 'population';
const MAX_NAME_CHARACTERS = 100;

/** The name of a group by its own keys: its map's, or the parent's where that is a bare `Distribution`. */
export function headingOf(path: readonly string[]): string {
  const keys = path.map(oneLine).filter((key) => key !== '');
  let last = keys.length - 1;
  while (last > 0 && BARE.test(keys[last] ?? '')) last -= 1;
  return keys[last] ?? NAMELESS;
}

/**
 * Names of dimensions, all different, case aside: the first of several keeps the plain name, later ones say where they
 * stand (`age (Employees)`).
 */
export function nameGroups(paths: readonly (readonly string[])[]): string[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const plain = fieldName(headingOf(path));
    const above = path
      .map(oneLine)
      .filter((key, index) => index < path.length - 1 && !WRAPPER.test(key) && fieldName(key) !== plain)
      .toReversed();
    const qualified = above.map(
      (_, index) =>
        `${plain} (${above
          .slice(0, index + 1)
          .toReversed()
          .join(', ')})`,
    );
    const names = [plain, ...qualified].map((name) => cut(name, MAX_NAME_CHARACTERS));
    let name = names.find((name) => !taken.has(name.toLowerCase()));
    for (let number = 2; name === undefined; number += 1) {
      const suffix = ` ${number}`;
      const numbered = `${cut(plain, MAX_NAME_CHARACTERS - suffix.length)}${suffix}`;
      if (!taken.has(numbered.toLowerCase())) name = numbered;
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

/** Without line breaks and other control characters, which keys of hostile documents may hold. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** At most so many characters, the last of them an ellipsis where something is missing. */
export function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // Never inside a surrogate pair: half of one is no text.
  return `${text.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
