import { z } from 'zod';
import { type JsonSchema, strictJsonSchema } from '../person/strict-json-schema.ts';

/** In characters: several paragraphs, where a few sentences are asked for. */
const MAX_CONTEXT = 4_000;
const MAX_TITLE = 120;

/** One context of an answer. */
export const plannedFactorySchema = z.strictObject({
  title: z.string().trim().min(1).max(MAX_TITLE),
  context: z.string().trim().min(1).max(MAX_CONTEXT),
});

/** The name by which providers, and the simulator, know the schema. */
export const FACTORIES_SCHEMA_NAME = 'person_factories';

/** The schema that is sent: it says how many are wanted. */
export function factoriesJsonSchema(count: number): JsonSchema {
  return strictJsonSchema(z.strictObject({ factories: z.array(plannedFactorySchema).min(count).max(count) }));
}
