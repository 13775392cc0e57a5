/**
 * Removes the indentation that all non-blank lines share, as Python's `textwrap.dedent`: template literals are indented like
 * code.
 */
export function dedent(text: string): string {
  const lines = text.split('\n').map((line) => (line.trim() === '' ? '' : line));
  const indents = lines.filter((line) => line !== '').map((line) => /^[ \t]*/.exec(line)?.[0] ?? '');
  const [first = ''] = indents;
  let width = first.length;
  for (const indent of indents) {
    while (!indent.startsWith(first.slice(0, width))) width -= 1;
  }
  return lines.map((line) => line.slice(width)).join('\n');
}
