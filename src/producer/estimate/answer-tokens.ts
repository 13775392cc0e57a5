import type { JsonSchema } from '../../shared/person/strict-json-schema.ts';
import { createTokenCounter } from '../../shared/tokens/token-counter.ts';

/** What may come about: `expected` lies between the others, not always in the middle. */
export interface Range {
  readonly low: number;
  readonly expected: number;
  readonly high: number;
}

/**
 * Tokens that a model is taken to write for one text of an answer: a belief, a goal, a residence. `low` are terse phrases, `high`
 * are full sentences in every place, or lists half as long again as the least that is asked for.
 */
export const TOKENS_A_TEXT: Range = { low: 8, expected: 14, high: 28 };

/**
 * How many tokens an answer to a schema takes, before anybody has answered: its least form (every list as short as it may be)
 * with `TOKENS_A_TEXT` in place of each text. What a model thinks before it answers is not in it.
 */
export function answerTokens(schema: JsonSchema): Range {
  const form = leastForm(schema);
  const texts = textsIn(form);
  const frame = createTokenCounter().count(JSON.stringify(form));
  const at = (tokens: number) => frame + texts * tokens;
  return {
    low: at(TOKENS_A_TEXT.low),
    expected: at(TOKENS_A_TEXT.expected),
    high: at(TOKENS_A_TEXT.high),
  };
}

/** The smallest value that fits a schema as `strictJsonSchema` makes it; texts are empty. */
function leastForm(schema: JsonSchema): unknown {
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(asMap(schema.properties)).map(([key, property]) => [key, leastForm(asMap(property))]),
      );
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 0) }, () => leastForm(asMap(schema.items)));
    case 'string':
      return '';
    default:
      return 0;
  }
}

function textsIn(form: unknown): number {
  if (typeof form === 'string') return 1;
  if (typeof form !== 'object' || form === null) return 0;
  return Object.values(form).reduce<number>((sum, part) => sum + textsIn(part), 0);
}

function asMap(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
}
