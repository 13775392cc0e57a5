import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { LRUCache } from 'lru-cache';

/**
 * Counts tokens of o200k_base; special tokens in a text count as plain text. Keeps what it has counted: make one per process.
 *
 * The numbers are exact for all texts without words of more than 4,000 characters, and off by a few tokens for each such.
 */
export interface TokenCounter {
  /** The number of tokens of the text. */
  count(text: string): number;
  /** The same number; faster for texts of which most lines were in earlier texts, as in prompts. */
  countLines(text: string): number;
  /** The longest beginning of whole words with at most `maxTokens` tokens. */
  cut(text: string, maxTokens: number): { text: string; tokens: number };
  /**
   * Visits the text's words in order, each with the space before it, with their tokens and the index where each ends; stops
   * when `visit` returns false. The tokenizer never joins a word with its neighbours: tokens of words add up exactly.
   */
  walk(text: string, visit: (word: string, tokens: number, end: number) => boolean): void;
}

const MEMO_ENTRIES = 50_000;
const MEMO_TEXT_LENGTH = 200;
const MEMO_LINES_LENGTH = 1_000_000;

/** Merging takes quadratic time: a run of 64,000 letters would hold up the whole process for seconds. */
const WORD_LENGTH_AT_ONCE = 4000;

const PLAIN_TEXT_ONLY = { disallowedSpecial: new Set<string>() };

/**
 * Counts tokens at a small fraction of the tokenizer's cost, with the same result.
 *
 * Byte pairs are never merged across the pieces into which o200k_base's pattern splits a text, so counts of parts that
 * end between two pieces add up. Three such places are cheap to find. A space after something that is not whitespace
 * always starts a piece. In `","A` the whole run of punctuation is one piece and the letter starts the next one:
 * that is where the items of a JSON list meet. And a line feed ends a piece, unless whitespace or a slash follows.
 * Words, list items and lines are memoised; a full memo of words or items starts afresh.
 */
export function createTokenCounter(): TokenCounter {
  const words = new Map<string, number>();
  const items = new Map<string, number>();
  const lines = new LRUCache<string, number>({
    maxSize: MEMO_LINES_LENGTH,
    sizeCalculation: (_, line) => line.length,
  });

  const countWord = (text: string): number => {
    const known = words.get(text);
    if (known !== undefined) return known;
    let tokens = 0;
    for (let start = 0; start < text.length; start += WORD_LENGTH_AT_ONCE) {
      tokens += countTokens(text.slice(start, start + WORD_LENGTH_AT_ONCE), PLAIN_TEXT_ONLY);
    }
    remember(words, text, tokens);
    return tokens;
  };

  const walk: TokenCounter['walk'] = (text, visit) => {
    let start = 0;
    let space = text.indexOf(' ', 1);
    while (space !== -1) {
      if (!isWhitespace(text, space - 1)) {
        const word = text.slice(start, space);
        if (!visit(word, countWord(word), space)) return;
        start = space;
      }
      space = text.indexOf(' ', space + 1);
    }
    if (start === text.length) return;
    const last = text.slice(start);
    visit(last, countWord(last), text.length);
  };

  const countWords = (text: string): number => {
    let sum = 0;
    walk(text, (_, tokens) => {
      sum += tokens;
      return true;
    });
    return sum;
  };

  const countItem = (text: string): number => {
    const known = items.get(text);
    if (known !== undefined) return known;
    const tokens = countWords(text);
    remember(items, text, tokens);
    return tokens;
  };

  const count: TokenCounter['count'] = (text) => {
    let tokens = 0;
    let start = 0;
    let comma = text.indexOf('","');
    while (comma !== -1) {
      const next = comma + 3;
      if (isLetter(text, next)) {
        tokens += countItem(text.slice(start, next));
        start = next;
      }
      comma = text.indexOf('","', next);
    }
    return tokens + (start === 0 ? countWords(text) : countItem(text.slice(start)));
  };

  const countLine = (text: string): number => {
    const known = lines.get(text);
    if (known !== undefined) return known;
    const tokens = count(text);
    lines.set(ownCopy(text), tokens);
    return tokens;
  };

  return {
    walk,
    count,
    countLines(text) {
      let tokens = 0;
      let start = 0;
      let next = text.indexOf('\n') + 1;
      while (next !== 0 && next < text.length) {
        if (text[next] !== '/' && !isWhitespace(text, next)) {
          tokens += countLine(text.slice(start, next));
          start = next;
        }
        next = text.indexOf('\n', next) + 1;
      }
      return start === text.length ? tokens : tokens + countLine(text.slice(start));
    },
    cut(text, maxTokens) {
      let sum = 0;
      let length = 0;
      walk(text, (_, tokens, end) => {
        if (sum + tokens > maxTokens) return false;
        sum += tokens;
        length = end;
        return true;
      });
      return { text: text.slice(0, length), tokens: sum };
    },
  };
}

function remember(memo: Map<string, number>, text: string, tokens: number): void {
  if (text.length > MEMO_TEXT_LENGTH) return;
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(ownCopy(text), tokens);
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index) | 0x20;
  return code >= 0x61 && code <= 0x7a;
}

function isWhitespace(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code < 0x80 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) : /\s/.test(text.charAt(index));
}

/** V8 keeps the whole prompt alive behind each slice of it; a memo must hold its own words only. */
function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
