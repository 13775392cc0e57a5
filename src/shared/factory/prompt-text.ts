/** The words that fence parts of the user message; user text must not be able to open or close them. */
const FENCE = /<([\s\p{Cf}]*\/?[\s\p{Cf}]*(?:characteristics|population)\b[^<>]*)>?/giu;

/** Runs of white space and control characters, line and paragraph separators included. */
const BREAKS = /[\s\p{Cc}]+/gu;

/**
 * Makes text from outside safe to stand inside a fence: `</population>` becomes `[/population]`, in any spelling
 * that a model could take for the tag. Everything else stays as it was written.
 */
export function neutraliseFences(text: string): string {
  return text.replace(FENCE, '[$1]');
}

/** The same on one line, for the characteristics block, where a line break would forge another line. */
export function singleLine(text: string): string {
  return neutraliseFences(text.replace(BREAKS, ' ').trim());
}
