/**
 * Text from outside on one line of a terminal or a page: names and labels come from models and users, where control characters
 * could rewrite what stands beside them, and line breaks a table.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
}
