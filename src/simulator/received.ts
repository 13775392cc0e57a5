import { isObject } from './json-schema.ts';

const FORMATS = ['none', 'text', 'json_object', 'json_schema', 'other'] as const;
const PARAMETERS = [
  'temperature',
  'max_completion_tokens',
  'max_tokens',
  'prompt_cache_key',
  'reasoning_effort',
] as const;

/** What the readable requests asked for, refused ones included. */
export interface Received {
  /** Requests by the type of their `response_format`. */
  readonly formats: Readonly<Record<(typeof FORMATS)[number], number>>;
  /** Requests that carried a parameter; null is none. */
  readonly parameters: Readonly<Record<(typeof PARAMETERS)[number], number>>;
}

export interface ReceivedRecorder {
  count(request: Readonly<Record<string, unknown>>): void;
  snapshot(): Received;
}

export function createReceived(): ReceivedRecorder {
  const formats = { none: 0, text: 0, json_object: 0, json_schema: 0, other: 0 };
  const parameters = {
    temperature: 0,
    max_completion_tokens: 0,
    max_tokens: 0,
    prompt_cache_key: 0,
    reasoning_effort: 0,
  };
  return {
    count(request) {
      formats[formatOf(request.response_format)]++;
      for (const name of PARAMETERS) if ((request[name] ?? undefined) !== undefined) parameters[name]++;
    },
    snapshot: () => ({ formats: { ...formats }, parameters: { ...parameters } }),
  };
}

function formatOf(format: unknown): (typeof FORMATS)[number] {
  if (format === undefined || format === null) return 'none';
  const type: unknown = isObject(format) ? Reflect.get(format, 'type') : undefined;
  return FORMATS.find((each) => each === type && each !== 'none') ?? 'other';
}
