import { runInNewContext } from 'node:vm';
import { jsonrepair } from 'jsonrepair';
import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { outermostSpan } from './json-span.ts';

/** What a model answered, of which nothing is known but that it is a JSON object. */
export type AnswerObject = Readonly<Record<string, unknown>>;

/**
 * The library takes quadratic to cubic time on some runaway answers (a line of `"b` over and over: a minute for 16 KB), and no
 * measure of its input tells which. So it is stopped; what can be repaired is in a few milliseconds.
 */
const REPAIR_TIMEOUT_MS = 250;
/** As long as an answer with all the room there is. */
const MOST_REPAIRED_CHARACTERS = 131_072;

/**
 * The JSON object in a model's answer, whatever the server promised: the answer itself, else the largest object within its prose
 * or code fences, else that one repaired (commas, quotes, comments and brackets that models forget or add). An answer that
 * breaks off inside a text is not repaired: its end is missing, and nobody would notice.
 *
 * Throws ModelCallError (retry): `invalid_json`, or `invalid_persona` for JSON that is no object.
 */
export function answerObject(content: string): AnswerObject {
  const found = find(content);
  if (typeof found === 'object') return found;
  throw new ModelCallError(messages[found], { reaction: Reaction.retry, reason: found });
}

/** The same; undefined where there is none. */
export function readAnswerObject(content: string): AnswerObject | undefined {
  const found = find(content);
  return typeof found === 'object' ? found : undefined;
}

const messages = {
  invalid_json: 'the answer is not JSON',
  invalid_persona: 'the answer is not a person: expected a JSON object',
} as const;

function find(content: string): AnswerObject | keyof typeof messages {
  const whole = parse(content);
  if (whole !== undefined) return objectOr(whole.json, 'invalid_persona');
  const span = outermostSpan(content);
  if (span === undefined) return 'invalid_json';
  if (span.isList) return 'invalid_persona';
  const part = parse(span.text) ?? (span.isCutInText ? undefined : repaired(span.text));
  return part === undefined ? 'invalid_json' : objectOr(part.json, 'invalid_json');
}

function objectOr<T>(json: unknown, otherwise: T): AnswerObject | T {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : otherwise;
}

function parse(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function repaired(text: string): { json: unknown } | undefined {
  // Without a colon there is nothing to repair, though the library would make objects of it.
  if (text.length > MOST_REPAIRED_CHARACTERS || !text.includes(':')) return undefined;
  try {
    const timeout = REPAIR_TIMEOUT_MS;
    return { json: JSON.parse(runInNewContext('repair(text)', { repair: jsonrepair, text }, { timeout })) };
  } catch {
    return undefined;
  }
}
