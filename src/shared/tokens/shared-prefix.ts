import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import {
  type CountedPrompt,
  schemaText,
  TOKENS_PER_ANSWER,
  TOKENS_PER_MESSAGE,
  TOKENS_PER_ROLE,
} from './prompt-tokens.ts';

const PLAIN_TEXT_ONLY = { disallowedSpecial: new Set<string>() };
const TOKENS_PER_FRAME = TOKENS_PER_MESSAGE + TOKENS_PER_ROLE;

/**
 * Exactly the number of tokens with which both prompts begin: schema, system message, user message, in this order. What a
 * provider's prompt cache can hold of the second after it has seen the first, before it rounds. Takes milliseconds: for
 * estimates and tests.
 */
export function sharedPrefixTokens(a: CountedPrompt, b: CountedPrompt): number {
  let shared = 0;
  for (const [textOfA, textOfB, frame] of [
    [textOfSchema(a), textOfSchema(b), 0],
    [a.system, b.system, TOKENS_PER_FRAME],
    [a.user, b.user, TOKENS_PER_FRAME],
  ] as const) {
    const [tokensOfA, tokensOfB] = [encode(textOfA, PLAIN_TEXT_ONLY), encode(textOfB, PLAIN_TEXT_ONLY)];
    const end = tokensOfA.findIndex((token, index) => token !== tokensOfB[index]);
    if (end !== -1 || tokensOfA.length !== tokensOfB.length) {
      return shared + frame + (end === -1 ? tokensOfA.length : end);
    }
    shared += frame + tokensOfA.length;
  }
  return shared + TOKENS_PER_ANSWER;
}

function textOfSchema({ schema }: CountedPrompt): string {
  return schema === undefined ? '' : schemaText(schema.schema);
}
