import { LRUCache } from 'lru-cache';
import type { TokenCounter } from '../shared/tokens/token-counter.ts';
import { fingerprint, joinLanes } from './seeded-random.ts';

/** A beginning of a prompt: its length in tokens (a multiple of 128, at least 1,024) and its fingerprint. */
export interface PromptPrefix {
  readonly tokens: number;
  readonly fingerprint: number;
}

export interface PromptReading {
  readonly tokens: number;
  /** Identifies schema, roles and contents together: equal prompts have equal fingerprints. */
  readonly fingerprint: number;
  /** What a prompt cache could share, shortest first. */
  readonly prefixes: readonly PromptPrefix[];
}

export interface PromptReader {
  read(schemaText: string, messages: readonly { role: string; text: string }[]): PromptReading;
}

/** From OpenAI's "How to count tokens with tiktoken": each message is framed, and the answer is primed. */
const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_ANSWER = 3;

/** OpenAI caches prefixes from 1,024 tokens on, in steps of 128. */
const SHORTEST_PREFIX_TOKENS = 1024;
const PREFIX_STEP_TOKENS = 128;

const REMEMBERED_PASSAGE_LENGTH = 1000;

interface Cursor {
  tokens: number;
  laneA: number;
  laneB: number;
}

interface Passage {
  readonly start: Readonly<Cursor>;
  readonly end: Readonly<Cursor>;
  readonly prefixes: readonly PromptPrefix[];
}

/**
 * Counts a prompt's tokens and fingerprints its prefixes in one pass.
 *
 * The JSON schema counts as the beginning of the prompt, as OpenAI's prompt caching guide describes it. Passages that
 * stand where they stood before (the static system message, above all) are remembered whole, 64 of them; short ones are
 * read faster than remembered, and differ from call to call anyway.
 */
export function createPromptReader(counter: TokenCounter): PromptReader {
  const passages = new LRUCache<string, Passage>({ max: 64 });

  const readPassage = (text: string, start: Cursor): Passage => {
    const known = text.length >= REMEMBERED_PASSAGE_LENGTH ? passages.get(text) : undefined;
    if (known !== undefined && isSamePlace(known.start, start)) return known;
    const cursor = { ...start };
    const prefixes: PromptPrefix[] = [];
    counter.walk(text, (word, tokens) => {
      const before = cursor.tokens;
      advance(cursor, tokens, fingerprint(word));
      // The word that crosses a step belongs to the prefix: two prompts that share it share at least the step.
      const step = Math.floor(cursor.tokens / PREFIX_STEP_TOKENS) * PREFIX_STEP_TOKENS;
      if (step > before && step >= SHORTEST_PREFIX_TOKENS)
        prefixes.push({ tokens: step, fingerprint: joinLanes(cursor.laneA, cursor.laneB) });
      return true;
    });
    const passage = { start, end: cursor, prefixes };
    if (text.length >= REMEMBERED_PASSAGE_LENGTH) passages.set(text, passage);
    return passage;
  };

  return {
    read(schemaText, messages) {
      let cursor: Cursor = { tokens: 0, laneA: 1, laneB: 2 };
      const prefixes: PromptPrefix[] = [];
      const take = (text: string) => {
        const passage = readPassage(text, cursor);
        prefixes.push(...passage.prefixes);
        cursor = { ...passage.end };
      };
      if (schemaText !== '') take(schemaText);
      for (const message of messages) {
        advance(cursor, TOKENS_PER_MESSAGE + counter.count(message.role), fingerprint(message.role));
        if (message.text !== '') take(message.text);
      }
      return {
        tokens: cursor.tokens + TOKENS_PER_ANSWER,
        fingerprint: joinLanes(cursor.laneA, cursor.laneB),
        prefixes,
      };
    },
  };
}

function isSamePlace(a: Readonly<Cursor>, b: Readonly<Cursor>): boolean {
  return a.tokens === b.tokens && a.laneA === b.laneA && a.laneB === b.laneB;
}

function advance(cursor: Cursor, tokens: number, mark: number): void {
  cursor.tokens += tokens;
  const low = mark >>> 0;
  const high = Math.floor(mark / 0x1_0000_0000);
  const a = Math.imul(cursor.laneA ^ low, 0x9e3779b1);
  const b = Math.imul(cursor.laneB ^ low ^ high, 0x85ebca77);
  cursor.laneA = a ^ (b >>> 15) ^ high;
  cursor.laneB = b ^ (a >>> 13);
}
