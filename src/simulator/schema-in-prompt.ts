import { LRUCache } from 'lru-cache';
import type { AnswerFormat } from './chat-request.ts';
import { isObject, type JsonSchema } from './json-schema.ts';

type SchemaFormat = Extract<AnswerFormat, { kind: 'json_schema' }>;

/** The name of schemas that came without one. */
export const SCHEMA_IN_PROMPT = 'in_prompt';

/** A prompt of nothing but braces must not take minutes: each of them could begin a schema. */
const MOST_BRACES = 200;

export interface PromptSchemas {
  /** The last JSON schema of an object that the messages spell out; undefined when there is none. */
  find(messages: readonly { readonly text: string }[]): SchemaFormat | undefined;
}

/** A model that is asked in words for JSON of a schema reads the schema from the prompt. Keeps the findings of 16 long texts. */
export function createPromptSchemas(): PromptSchemas {
  const known = new LRUCache<string, { readonly format: SchemaFormat | undefined }>({ max: 16 });

  const findIn = (text: string): SchemaFormat | undefined => {
    if (!text.includes('"properties"')) return undefined;
    const before = known.get(text);
    if (before !== undefined) return before.format;
    const schema = lastSchema(text);
    const format = schema === undefined ? undefined : formatOf(schema);
    known.set(text, { format });
    return format;
  };

  return {
    find(messages) {
      for (const { text } of messages.toReversed()) {
        const format = findIn(text);
        if (format !== undefined) return format;
      }
      return undefined;
    },
  };
}

function formatOf(schema: JsonSchema): SchemaFormat {
  const schemaText = JSON.stringify(schema);
  return { kind: 'json_schema', name: SCHEMA_IN_PROMPT, schema, schemaText, strict: false };
}

function lastSchema(text: string): JsonSchema | undefined {
  let found: JsonSchema | undefined;
  let start = text.indexOf('{');
  for (let turn = 0; start !== -1 && turn < MOST_BRACES; turn++) {
    const end = endOfObject(text, start);
    const value = end === undefined ? undefined : parse(text.slice(start, end));
    if (isObject(value) && 'properties' in value && isObject(value.properties)) found = value as JsonSchema;
    // What was read as a whole holds parts that look like schemas too.
    start = text.indexOf('{', value === undefined || end === undefined ? start + 1 : end);
  }
  return found;
}

/** Where the braces that open at `start` are closed; those inside of strings do not count. */
function endOfObject(text: string, start: number): number | undefined {
  const token = /["{}]|\\./gs;
  token.lastIndex = start;
  let depth = 0;
  let isInString = false;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '"') isInString = !isInString;
    if (isInString) continue;
    if (match[0] === '{') depth++;
    if (match[0] === '}') depth--;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
