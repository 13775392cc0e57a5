const OPENING = '<characteristics>';
const CLOSING = '</characteristics>';

/** What the prompt says about the person: normalised keys, the values' text, and the keys as they were written. */
export type Characteristics = ReadonlyMap<string, { readonly label: string; readonly value: string }>;

/** `Marital Status`, `marital_status` and `MARITAL  STATUS` are one key. */
export function normaliseKey(key: string): string {
  return key
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '_');
}

/** Reads the last `<characteristics>` block of lines `- key: value`. Lines of another form are skipped; a later key wins. */
export function readCharacteristics(text: string): Characteristics {
  const found = new Map<string, { label: string; value: string }>();
  const start = text.lastIndexOf(OPENING);
  if (start === -1) return found;
  const end = text.indexOf(CLOSING, start);
  const block = text.slice(start + OPENING.length, end === -1 ? undefined : end);
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const label = line
      .slice(0, colon)
      .replace(/^\s*[-*]\s*/, '')
      .trim();
    const value = line.slice(colon + 1).trim();
    if (label !== '' && value !== '') found.set(normaliseKey(label), { label, value });
  }
  return found;
}
