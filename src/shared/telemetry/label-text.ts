import { printable } from '../printable.ts';

const LONGEST = 64;

/** Grafana puts label values into its queries as they are, and people read them in legends. */
const UNSAFE: Readonly<Record<string, string>> = { '"': "'", '\\': '/', '{': '(', '}': ')' };

/**
 * Text from outside as the value of a label, the same on workers and the exporter: on one line, without quotes, backslashes and
 * braces, well-formed, and of 64 characters at the most.
 */
export function labelOf(text: string): string {
  const safe = printable(text).replace(/["\\{}]/g, (character) => UNSAFE[character] ?? ' ');
  const characters = [...safe.trim()];
  return characters.length <= LONGEST ? characters.join('') : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
