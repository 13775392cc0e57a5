import { z } from 'zod';
import { strictJsonSchema } from '../person/strict-json-schema.ts';

/**
 * Sampling dimensions as a model answers them. Strict mode knows no unions worth using, so that what does not apply is an
 * empty list: a dimension has either values or one range, and a range at most one normal distribution or some bands.
 */
const band = z.strictObject({ from: z.number(), to: z.number(), weight: z.number() });
const range = z.strictObject({
  min: z.number(),
  max: z.number(),
  /** Digits after the point; 0: whole numbers. */
  decimals: z.int().min(0).max(6),
  /** What follows the number, such as "km"; empty for a bare number. */
  unit: z.string(),
  normal: z.array(z.strictObject({ mean: z.number(), sd: z.number() })).max(1),
  bands: z.array(band).max(100),
});
const dimension = z.strictObject({
  name: z.string(),
  values: z.array(z.strictObject({ value: z.string(), weight: z.number() })).max(200),
  range: z.array(range).max(1),
});

export const dimensionsAnswerSchema = z.strictObject({ dimensions: z.array(dimension).min(1).max(200) });
export type DimensionsAnswer = z.infer<typeof dimensionsAnswerSchema>;
export type AnsweredDimension = z.infer<typeof dimension>;

/** The name by which providers, and the simulator, know the schema. */
export const DIMENSIONS_SCHEMA_NAME = 'sampling_dimensions';
export const dimensionsJsonSchema = strictJsonSchema(dimensionsAnswerSchema);
