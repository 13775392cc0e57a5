import { LRUCache } from 'lru-cache';
import type { PromptPrefix } from './prompt-reader.ts';

export interface PromptCache {
  /** Tokens of the longest prefix that an earlier prompt had too, 0 if none; then remembers this prompt's prefixes. */
  share(prefixes: readonly PromptPrefix[]): number;
}

/** Remembers the 50,000 most recently used prefixes: a static one stays, however many different tails pass by. */
export function createPromptCache(): PromptCache {
  const seen = new LRUCache<number, true>({ max: 50_000 });
  return {
    share(prefixes) {
      let shared = 0;
      for (const prefix of prefixes) {
        if (seen.get(prefix.fingerprint) === undefined) seen.set(prefix.fingerprint, true);
        else shared = prefix.tokens;
      }
      return shared;
    },
  };
}
