/** A stretch of a text that looks like one JSON object or list, from its opening bracket to the one that closes it. */
export interface JsonSpan {
  readonly text: string;
  readonly isList: boolean;
  /** The text ended inside a string, with no bracket after it: what follows is missing. */
  readonly isCutInText: boolean;
}

/**
 * The longest outermost object or list in a text; undefined when there is neither. One that the text does not close reaches to
 * the end of the text, without the code fence that may stand there.
 *
 * Brackets in prose are spans as well, and hardly ever the longest. One pass: takes time in proportion to the text, whatever is
 * in it.
 */
export function outermostSpan(text: string): JsonSpan | undefined {
  let longest: { from: number; to: number } | undefined;
  let depth = 0;
  let from = 0;
  let isInString = false;
  const keep = (to: number) => {
    if (longest === undefined || to - from > longest.to - longest.from) longest = { from, to };
  };
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === '\\') index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '{' || character === '[') {
      if (depth === 0) from = index;
      depth += 1;
    } else if (depth > 0) {
      if (character === '"') isInString = true;
      else if (character === '}' || character === ']') {
        depth -= 1;
        if (depth === 0) keep(index + 1);
      }
    }
  }
  let isOpen = false;
  if (depth > 0) {
    const before = longest;
    keep(text.length);
    isOpen = longest !== before;
  }
  if (longest === undefined) return undefined;
  const isList = text[longest.from] === '[';
  const span = text.slice(longest.from, longest.to);
  if (!isOpen) return { text: span, isList, isCutInText: false };
  const lastBracket = Math.max(span.lastIndexOf('}'), span.lastIndexOf(']'));
  // An odd number of quotes, but the end is there: somebody forgot to escape one.
  const isComplete = isInString && /^\s*(```\s*)?$/.test(span.slice(lastBracket + 1));
  if (isComplete) return { text: span.slice(0, lastBracket + 1), isList, isCutInText: false };
  return { text: withoutFence(span), isList, isCutInText: isInString };
}

function withoutFence(text: string): string {
  const end = text.trimEnd();
  return end.endsWith('```') ? end.slice(0, -3) : end;
}
