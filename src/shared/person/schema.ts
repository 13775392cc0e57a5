import { z } from 'zod';
import { type JsonSchema, strictJsonSchema } from './strict-json-schema.ts';

/**
 * The least a person must have in each list, in one place: the schema sent to the model, the local check of its
 * answer, and the prompt's rules all read these. Models asked for "many" give three.
 */
export const personaMinimumCounts = {
  longTermGoals: 3,
  traits: 5,
  interests: 5,
  likes: 5,
  dislikes: 5,
  beliefs: 8,
  skills: 5,
  generalBehaviors: 5,
  /** For each of morning, workday, evening and weekend. */
  routines: 2,
  relationships: 3,
  otherFacts: 5,
  /** Asked for only where the model chooses the name. */
  alternateNames: 5,
} as const;

/** Bounds in characters and entries: far above what a good answer needs, low enough to stop a runaway one. */
const MAX_NAME = 120;
const MAX_LINE = 300;
const MAX_ENTRY = 1500;
const MAX_PROSE = 4000;
const MAX_ENTRIES = 60;

const text = (maxCharacters: number) => z.string().trim().min(1).max(maxCharacters);
const entries = (minimum: number) => z.array(text(MAX_ENTRY)).min(minimum).max(MAX_ENTRIES);

/** A person as asked of the model: TinyTroupe's fields, all present, none empty, nothing else. */
export const personaSchema = z.strictObject({
  name: text(MAX_NAME),
  age: z.int().min(0).max(120),
  gender: text(MAX_LINE),
  nationality: text(MAX_LINE),
  residence: text(MAX_LINE),
  education: text(MAX_PROSE),
  long_term_goals: entries(personaMinimumCounts.longTermGoals),
  occupation: z.strictObject({
    title: text(MAX_LINE),
    organization: text(MAX_LINE),
    description: text(MAX_PROSE),
  }),
  style: text(MAX_PROSE),
  personality: z.strictObject({
    traits: entries(personaMinimumCounts.traits),
    big_five: z.strictObject({
      openness: text(MAX_ENTRY),
      conscientiousness: text(MAX_ENTRY),
      extraversion: text(MAX_ENTRY),
      agreeableness: text(MAX_ENTRY),
      neuroticism: text(MAX_ENTRY),
    }),
  }),
  preferences: z.strictObject({
    interests: entries(personaMinimumCounts.interests),
    likes: entries(personaMinimumCounts.likes),
    dislikes: entries(personaMinimumCounts.dislikes),
  }),
  beliefs: entries(personaMinimumCounts.beliefs),
  skills: entries(personaMinimumCounts.skills),
  behaviors: z.strictObject({
    general: entries(personaMinimumCounts.generalBehaviors),
    routines: z.strictObject({
      morning: entries(personaMinimumCounts.routines),
      workday: entries(personaMinimumCounts.routines),
      evening: entries(personaMinimumCounts.routines),
      weekend: entries(personaMinimumCounts.routines),
    }),
  }),
  health: text(MAX_PROSE),
  relationships: z
    .array(z.strictObject({ name: text(MAX_NAME), description: text(MAX_ENTRY) }))
    .min(personaMinimumCounts.relationships)
    .max(MAX_ENTRIES),
  other_facts: entries(personaMinimumCounts.otherFacts),
});
export type Persona = z.infer<typeof personaSchema>;

const personaWithAlternatesSchema = personaSchema.extend({
  alternate_names: z.array(text(MAX_NAME)).min(personaMinimumCounts.alternateNames).max(MAX_ENTRIES),
});

/** A person as the model answers: with further names to choose from where the names policy is `model`. */
export type PersonaAnswer = Persona & { alternate_names?: string[] };

export interface PersonaRequestSchema {
  /** Checks the answer, whatever the server promised. */
  readonly schema: z.ZodType<PersonaAnswer>;
  /** Goes into `response_format`; deeply frozen, because all requests share it. */
  readonly jsonSchema: JsonSchema;
}

export const personaJsonSchema: JsonSchema = strictJsonSchema(personaSchema);

const plainRequest: PersonaRequestSchema = { schema: personaSchema, jsonSchema: personaJsonSchema };
const alternatesRequest: PersonaRequestSchema = {
  schema: personaWithAlternatesSchema,
  jsonSchema: strictJsonSchema(personaWithAlternatesSchema),
};

/** The pair of schemas for one request; the same objects each time. */
export function personaRequestSchema(options: { alternateNames: boolean }): PersonaRequestSchema {
  return options.alternateNames ? alternatesRequest : plainRequest;
}

/** In files of other programs any descriptive field can be prose, a list or a map, or be missing. */
const loose = z.union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())]).nullish();

/**
 * A person from anywhere: TinyTroupe's published and generated files, edited files, fragments merged in. Only the
 * name must be there. Unknown fields stay, known ones may take any of the shapes seen in the wild.
 */
export const personaSpecificationSchema = z.looseObject({
  name: text(MAX_NAME),
  age: z.union([z.number().min(0), z.string()]).nullish(),
  gender: loose,
  nationality: loose,
  residence: loose,
  education: loose,
  long_term_goals: loose,
  occupation: loose,
  style: loose,
  personality: loose,
  preferences: loose,
  beliefs: loose,
  skills: loose,
  behaviors: loose,
  health: loose,
  relationships: loose,
  other_facts: loose,
});
