import { explain } from '../../errors.ts';

const UNEXPECTED_TOKEN = /^Unexpected token '(?<token>.)'/su;

/**
 * Parses JSON text as `JSON.parse` does, and refuses keys that an object has twice: the parser lets the last one win, and
 * half of what somebody wrote would be gone unnoticed.
 *
 * @throws SyntaxError of one line that says what is wrong and, for repeated keys, where
 */
export function parseJsonText(text: string): unknown {
  const bare = text.replace(/^\uFEFF/, '');
  let parsed: unknown;
  try {
    parsed = JSON.parse(bare);
  } catch (cause) {
    throw new SyntaxError(describeSyntax(bare, explain(cause)), { cause });
  }
  const fault = repeatedKey(bare);
  if (fault !== undefined) throw new SyntaxError(fault);
  return parsed;
}

/** The parser's message on one line; with the place, where the parser quotes the text around it instead. */
function describeSyntax(text: string, message: string): string {
  const token = UNEXPECTED_TOKEN.exec(message)?.groups?.token;
  if (token === undefined) return message.replace(/\s+/g, ' ');
  const isNumber = token === 'N' || token === 'I';
  const advice = isNumber ? '; JSON has no NaN or Infinity: write a number, or leave the key out' : '';
  return `Unexpected token ${JSON.stringify(token)} ${lineAndColumn(text, offsetOfToken(text))}${advice}`;
}

/** Up to the token the text is JSON that ends too early, which the parser has other words for: bisection finds it. */
function offsetOfToken(text: string): number {
  let sound = 0;
  let faulty = text.length;
  while (faulty - sound > 1) {
    const middle = Math.floor((sound + faulty) / 2);
    if (hasUnexpectedToken(text.slice(0, middle))) faulty = middle;
    else sound = middle;
  }
  return sound;
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return UNEXPECTED_TOKEN.test(explain(error));
  }
}

/** How a key is called that a map has twice, in JSON and YAML alike. */
export function describeRepeatedKey(key: string, text: string, offset: number): string {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return `the key ${JSON.stringify(shown)} is there twice, again ${lineAndColumn(text, offset)}: keep one, or rename it`;
}

/** Where in a text something stands, counted from 1. */
export function lineAndColumn(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

/** Walks through valid JSON without calling itself, however deep it is. */
function repeatedKey(text: string): string | undefined {
  // The keys of each open object, null for an open array.
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let isKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (isKey && keys !== null) {
        const key: string = JSON.parse(text.slice(at, end + 1));
        if (keys.has(key)) return describeRepeatedKey(key, text, at);
        keys.add(key);
      }
      isKey = false;
      at = end;
    } else if (character === '{' || character === '[') {
      keys = character === '{' ? new Set() : null;
      open.push(keys);
      isKey = keys !== null;
    } else if (character === '}' || character === ']') {
      open.pop();
      keys = open.at(-1) ?? null;
    } else if (character === ',') {
      isKey = keys !== null;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
