import { LRUCache } from 'lru-cache';
import type { JsonSchema } from '../person/strict-json-schema.ts';
import { createTokenCounter, type TokenCounter } from './token-counter.ts';

/** A chat completion of one system and one user message, as far as its tokens are concerned. */
export interface CountedPrompt {
  readonly system: string;
  readonly user: string;
  /** Sent as a strict `response_format`; undefined: none is sent. Must not change once it was counted. */
  readonly schema: { readonly name: string; readonly schema: JsonSchema } | undefined;
}

export type PromptTokens = (prompt: CountedPrompt) => number;

/** From OpenAI's "How to count tokens with tiktoken": each message is framed, and the answer is primed. */
export const TOKENS_PER_MESSAGE = 3;
export const TOKENS_PER_ANSWER = 3;

/** `system` and `user`; the others (`developer`, `assistant`) are one token as well. */
export const TOKENS_PER_ROLE = 1;

const REMEMBERED_SYSTEM_TEXTS = 64;

/**
 * Returns a function that counts the tokens a provider will count for a prompt, before it is sent.
 *
 * Exact for models with the o200k_base encoding whose provider puts the schema's JSON in front, as OpenAI describes it; for
 * others an estimate. What prompts have in common is remembered: a schema by its identity, a system message as a whole, user
 * messages by their lines. So a call costs what is new in it. Make one per process, and share the counter with what else counts.
 */
export function createPromptTokens(counter: TokenCounter = createTokenCounter()): PromptTokens {
  const schemas = new WeakMap<JsonSchema, number>();
  const systems = new LRUCache<string, number>({ max: REMEMBERED_SYSTEM_TEXTS });

  const countSchema = (schema: JsonSchema): number => {
    const known = schemas.get(schema);
    if (known !== undefined) return known;
    const tokens = counter.count(schemaText(schema));
    schemas.set(schema, tokens);
    return tokens;
  };

  const countSystem = (text: string): number => {
    const known = systems.get(text);
    if (known !== undefined) return known;
    const tokens = counter.countLines(text);
    systems.set(text, tokens);
    return tokens;
  };

  return ({ system, user, schema }) =>
    (schema === undefined ? 0 : countSchema(schema.schema)) +
    2 * (TOKENS_PER_MESSAGE + TOKENS_PER_ROLE) +
    countSystem(system) +
    counter.countLines(user) +
    TOKENS_PER_ANSWER;
}

/** The schema as it stands in the body of the request, and so at the beginning of the prompt. */
export function schemaText(schema: JsonSchema): string {
  return JSON.stringify(schema);
}
