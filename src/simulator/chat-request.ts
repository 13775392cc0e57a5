import { isObject, type JsonSchema } from './json-schema.ts';
import { type ApiError, invalidRequest } from './openai-errors.ts';

export type AnswerFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json_object' }
  | {
      readonly kind: 'json_schema';
      readonly name: string;
      readonly schema: JsonSchema;
      /** The schema as JSON: its cache key, and part of the prompt. */
      readonly schemaText: string;
      readonly strict: boolean;
    };

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  readonly format: AnswerFormat;
  readonly maxCompletionTokens: number | undefined;
}

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function'];
const SCHEMA_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Reads the parsed body of a chat completion. Throws OpenAI's kind of 400 for what is malformed or not simulated. */
export function readChatRequest(request: Readonly<Record<string, unknown>>): ChatRequest {
  const { model, messages } = request;
  if (model === undefined)
    throw invalidRequest('you must provide a model parameter', 'model', 'missing_required_parameter');
  if (typeof model !== 'string' || model === '') throw wrongType('model', 'a non-empty string', model);
  if (messages === undefined)
    throw invalidRequest("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  if (!Array.isArray(messages)) throw wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0)
    throw invalidRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  refuseUnsupported(request);
  checkNumber(request, 'temperature', 0, 2);
  checkNumber(request, 'top_p', 0, 1);
  const read = messages.map(readMessage);
  const format = readFormat(request.response_format);
  if (format.kind === 'json_object' && !read.some((message) => /json/i.test(message.text)))
    throw invalidRequest(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    );
  return { model, messages: read, format, maxCompletionTokens: readTokenLimit(request) };
}

/** Throws OpenAI's kind of 400 for a body that is no JSON object. */
export function parseBody(body: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  if (!isRecord(parsed))
    throw invalidRequest(
      'We could not parse the JSON body of your request. The OpenAI API expects a JSON object; check that the body is valid JSON and was sent whole.',
    );
  return parsed;
}

function refuseUnsupported(request: Record<string, unknown>): void {
  if (request.stream === true)
    throw invalidRequest(
      "Unsupported value: 'stream' does not support true with this model: the simulator answers in one piece. Send stream: false.",
      'stream',
      'unsupported_value',
    );
  const { n = 1, tools } = request;
  if (n !== 1 && n !== null)
    throw invalidRequest(
      `Unsupported value: 'n' does not support ${JSON.stringify(n)} with this model: the simulator writes one choice. Send n: 1.`,
      'n',
      'unsupported_value',
    );
  if (Array.isArray(tools) && tools.length > 0)
    throw invalidRequest(
      "Unsupported parameter: 'tools' is not simulated.",
      'tools',
      'unsupported_parameter',
    );
}

function readMessage(message: unknown, index: number): { role: string; text: string } {
  const place = `messages[${index}]`;
  if (!isRecord(message)) throw wrongType(place, 'an object', message);
  const { role, content } = message;
  if (typeof role !== 'string' || !ROLES.includes(role))
    throw invalidRequest(
      `Invalid value: ${JSON.stringify(role ?? null)}. Supported values are: ${ROLES.map((each) => `'${each}'`).join(', ')}.`,
      `${place}.role`,
      'invalid_value',
    );
  if (typeof content === 'string') return { role, text: content };
  if (content === null && role === 'assistant') return { role, text: '' };
  if (!Array.isArray(content))
    throw wrongType(`${place}.content`, 'a string or an array of objects', content);
  const parts = content.map((part: unknown, partIndex) => {
    if (isRecord(part) && part.type === 'text' && typeof part.text === 'string') return part.text;
    throw invalidRequest(
      `Invalid content part: the simulator reads { "type": "text", "text": string } only.`,
      `${place}.content[${partIndex}]`,
      'invalid_value',
    );
  });
  return { role, text: parts.join('') };
}

function readFormat(format: unknown): AnswerFormat {
  if (format === undefined || format === null) return { kind: 'text' };
  if (!isRecord(format)) throw wrongType('response_format', 'an object', format);
  const { type } = format;
  if (type === 'text' || type === 'json_object') return { kind: type };
  if (type !== 'json_schema')
    throw invalidRequest(
      `Invalid value: ${JSON.stringify(type ?? null)}. Supported values are: 'json_object', 'json_schema', and 'text'.`,
      'response_format.type',
      'invalid_value',
    );
  const definition = format.json_schema;
  if (!isRecord(definition)) throw wrongType('response_format.json_schema', 'an object', definition);
  const { name, schema, strict } = definition;
  if (typeof name !== 'string' || !SCHEMA_NAME.test(name))
    throw invalidRequest(
      `Invalid 'response_format.json_schema.name': expected 1 to 64 letters, digits, underscores or dashes.`,
      'response_format.json_schema.name',
      'invalid_value',
    );
  if (!isObject(schema)) throw wrongType('response_format.json_schema.schema', 'an object', schema);
  return { kind: 'json_schema', name, schema, schemaText: JSON.stringify(schema), strict: strict === true };
}

function readTokenLimit(request: Record<string, unknown>): number | undefined {
  for (const key of ['max_completion_tokens', 'max_tokens']) {
    const limit = request[key];
    if (limit === undefined || limit === null) continue;
    if (typeof limit !== 'number' || !Number.isInteger(limit)) throw wrongType(key, 'an integer', limit);
    if (limit < 1)
      throw invalidRequest(
        `Invalid '${key}': integer below minimum value. Expected a value >= 1, but got ${limit} instead.`,
        key,
        'integer_below_min_value',
      );
    return limit;
  }
  return undefined;
}

function checkNumber(request: Record<string, unknown>, key: string, low: number, high: number): void {
  const value = request[key];
  if (value === undefined || value === null) return;
  if (typeof value !== 'number') throw wrongType(key, 'a decimal', value);
  if (value < low || value > high)
    throw invalidRequest(
      `Invalid '${key}': expected a value between ${low} and ${high}, but got ${value} instead.`,
      key,
      'decimal_out_of_range',
    );
}

function wrongType(param: string, expected: string, got: unknown): ApiError {
  const kind =
    got === undefined
      ? 'nothing'
      : got === null
        ? 'null'
        : Array.isArray(got)
          ? 'an array'
          : `a ${typeof got}`;
  return invalidRequest(
    `Invalid type for '${param}': expected ${expected}, but got ${kind} instead.`,
    param,
    'invalid_type',
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value);
}
