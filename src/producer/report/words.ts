import { hash32 } from '../../shared/sampling/seeded-hash.ts';

/** Words in lower case without punctuation. Scripts that write no spaces yield a word a character. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]\p{M}*|[\p{L}\p{N}\p{M}]+/gu;

/** A text as an integer below 2^53: two of a million texts share one with a probability of about 1 in 18,000. */
export function hash53(text: string): number {
  return hash32(text) * 2 ** 21 + (hash32(text, 1) >>> 11);
}
