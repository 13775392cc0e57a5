import type { z } from 'zod';
import { ModelCallError, Reaction } from '../shared/errors.ts';
import type { Persona, PersonaAnswer } from '../shared/person/schema.ts';
import type { Characteristics } from '../shared/sampling/dimensions.ts';

/** Characteristics that are a plain field of a persona: what was sealed is what is stored. */
const sealedFields = ['age', 'gender', 'nationality', 'residence'] as const;

/**
 * The person in a model's answer, checked against the schema whatever the server promised, with the slot's sealed
 * characteristics set right. Code fences around the JSON are removed.
 *
 * Throws ModelCallError (retry): `invalid_json` or `invalid_persona`. The message names fields, never their content.
 */
export function personFromAnswer(
  content: string,
  schema: z.ZodType<PersonaAnswer>,
  characteristics: Characteristics,
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
  return {
    persona: { ...persona, ...sealed(characteristics) },
    offeredNames: [persona.name, ...alternateNames],
  };
}

function parseJson(content: string): unknown {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(content);
  try {
    return JSON.parse(fenced?.[1] ?? content);
  } catch (cause) {
    throw new ModelCallError('the answer is not JSON', {
      reaction: Reaction.retry,
      reason: 'invalid_json',
      cause,
    });
  }
}

function sealed(characteristics: Characteristics): Partial<Persona> {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(characteristics)) {
    const field = sealedFields.find((known) => known === name.trim().toLowerCase());
    if (field === undefined) continue;
    if (field !== 'age') fields[field] = String(value);
    // An age given as a band ("30-39") is for the model to choose from.
    else if (Number.isInteger(Number(value))) fields.age = Number(value);
  }
  return fields;
}
