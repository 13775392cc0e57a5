import { ModelCallError, Reaction } from '../../shared/errors.ts';

/** What a model answered, of which nothing is known but that it is a JSON object. */
export type AnswerObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object in a model's answer, whatever the server promised. Code fences around it are removed.
 *
 * Throws ModelCallError (retry): `invalid_json`, or `invalid_persona` for JSON that is no object.
 */
export function answerObject(content: string): AnswerObject {
  const parsed = parseJson(content);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new ModelCallError('the answer is not a person: expected a JSON object', {
    reaction: Reaction.retry,
    reason: 'invalid_persona',
  });
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(withoutFence(content.trim()));
  } catch (cause) {
    throw new ModelCallError('the answer is not JSON', {
      reaction: Reaction.retry,
      reason: 'invalid_json',
      cause,
    });
  }
}

const FENCE = '```';

/** By hand: an expression that looks for the fence at both ends takes quadratic time on a runaway answer of blanks. */
function withoutFence(text: string): string {
  const isFenced = text.length >= 2 * FENCE.length && text.startsWith(FENCE) && text.endsWith(FENCE);
  return isFenced ? text.slice(FENCE.length, -FENCE.length).replace(/^[A-Za-z]+/, '') : text;
}
