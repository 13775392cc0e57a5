import type { z } from 'zod';
import { ModelCallError, Reaction } from '../shared/errors.ts';
import type { Persona, PersonaAnswer } from '../shared/person/schema.ts';
import type { Characteristics } from '../shared/sampling/dimensions.ts';

/** Characteristics that are a plain field of a persona: what was sealed is what is stored. */
const sealedFields = ['age', 'gender', 'nationality', 'residence'] as const;

/**
 * The person in a model's answer, checked against the schema whatever the server promised. Code fences around the
 * JSON are removed.
 *
 * Throws ModelCallError (retry): `invalid_json` or `invalid_persona`. The message names fields, never their content.
 */
export function personFromAnswer(
  content: string,
  schema: z.ZodType<PersonaAnswer>,
): { persona: Persona; offeredNames: string[] } {
  const parsed = schema.safeParse(parseJson(content));
  if (!parsed.success) {
    const places = parsed.error.issues
      .slice(0, 3)
      .map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ModelCallError(`the answer is not a whole person: ${places.join('; ')}`, {
      reaction: Reaction.retry,
      reason: 'invalid_persona',
    });
  }
  const { alternate_names: alternateNames = [], ...persona } = parsed.data;
  return { persona, offeredNames: [persona.name, ...alternateNames] };
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

/**
 * The person with the slot's sealed characteristics set right. After a correction of the name: `Florence` may be a
 * residence as well as a part of the name that the model chose.
 */
export function withSealed(persona: Persona, characteristics: Characteristics): Persona {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(characteristics)) {
    const field = sealedFields.find((known) => known === name.trim().toLowerCase());
    if (field === undefined) continue;
    if (field !== 'age') fields[field] = String(value);
    // An age given as a band ("30-39") is for the model to choose from.
    else if (Number.isInteger(Number(value))) fields.age = Number(value);
  }
  return { ...persona, ...fields };
}
