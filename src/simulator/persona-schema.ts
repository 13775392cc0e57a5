import type { JsonSchema } from './json-schema.ts';

const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'array', items: text };

function object(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** The person that JSON mode answers with when the request carries no schema: the fields of TinyTroupe's agents. */
export const PERSONA_SCHEMA: JsonSchema = object({
  name: text,
  age: { type: 'integer', minimum: 0, maximum: 120 },
  gender: text,
  nationality: text,
  residence: text,
  education: text,
  long_term_goals: texts,
  occupation: object({ title: text, organization: text, description: text }),
  style: text,
  personality: object({
    traits: texts,
    big_five: object({
      openness: text,
      conscientiousness: text,
      extraversion: text,
      agreeableness: text,
      neuroticism: text,
    }),
  }),
  preferences: object({ interests: texts, likes: texts, dislikes: texts }),
  beliefs: texts,
  skills: texts,
  behaviors: object({
    general: texts,
    routines: object({ morning: texts, workday: texts, evening: texts, weekend: texts }),
  }),
  health: text,
  relationships: { type: 'array', items: object({ name: text, description: text }) },
  other_facts: texts,
});
