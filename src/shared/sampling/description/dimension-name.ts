import { quote } from './faults.ts';

const MAX_NAME_CHARACTERS = 100;
/** People's characteristics are objects with these names as keys. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Why a text, trimmed, cannot be the name of a dimension; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (FORBIDDEN_NAMES.has(name)) return `${quote(name)} cannot be the name of a dimension: choose another`;
  if (name === '' || name.length > MAX_NAME_CHARACTERS || /[\r\n]/.test(name)) {
    return `expected a name of one line and at most ${MAX_NAME_CHARACTERS} characters`;
  }
  return undefined;
}
