import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Dimension } from '../sampling/dimensions.ts';

/**
 * The questions that a producer has workers put to the model, each a transaction of its simulation: what is asked, and what
 * is stored. The names, and what they mean, are TinyTroupe's (`_compute_sampling_dimensions`, `generate_person_factories`).
 */
export const PlanningOperation = {
  /** Free text about a population → what varies in it, with weights. */
  computeSamplingDimensions: 'computeSamplingDimensions',
  /** One broad context → a number of narrower ones, each of which can be a population. */
  generatePersonFactories: 'generatePersonFactories',
} as const;
export type PlanningOperation = (typeof PlanningOperation)[keyof typeof PlanningOperation];

/** In characters. It goes into one prompt, and into one job: longer than this no model reads it with care. */
export const MAX_PLANNING_TEXT = 100_000;
export const MAX_FACTORIES = 1_000;

/** Contexts asked for in one call: 25 of 80 words stay far below the usual limit of completion tokens. */
export const FACTORIES_AT_ONCE = 25;

/** Calls that may be made for one answer, over all runs and crashes; each may be followed by one repair call. */
export const PLANNING_ATTEMPTS = 3;

const model = z.string().trim().min(1).max(200);
const text = z.string().trim().max(MAX_PLANNING_TEXT);

/** The arguments are part of the event key: whatever is added here plans everything anew. */
const argumentSchemas = {
  computeSamplingDimensions: z.strictObject({
    samplingSpaceDescription: text.min(1),
    /** What the simulation is about; may be empty. */
    context: text,
    /** Names of dimensions that are described elsewhere: the model need not invent them again. */
    settled: z.array(z.string().trim().min(1).max(100)).max(200),
    model,
  }),
  generatePersonFactories: z.strictObject({
    count: z.int().min(1).max(MAX_FACTORIES),
    genericContext: text.min(1),
    model,
  }),
} as const;

/** A narrower context; its title is a few words, for lists and file names. Both are distinct within one answer. */
export interface PlannedFactory {
  readonly title: string;
  readonly context: string;
}

export interface PlanningArguments {
  readonly computeSamplingDimensions: z.infer<typeof argumentSchemas.computeSamplingDimensions>;
  readonly generatePersonFactories: z.infer<typeof argumentSchemas.generatePersonFactories>;
}

export interface PlanningResults {
  readonly computeSamplingDimensions: { readonly dimensions: readonly Dimension[] };
  readonly generatePersonFactories: { readonly factories: readonly PlannedFactory[] };
}

/** One question with its arguments, as it is enqueued. */
export type PlanningRequest = {
  [Operation in PlanningOperation]: {
    readonly operation: Operation;
    readonly arguments: PlanningArguments[Operation];
  };
}[PlanningOperation];

export const planningRequestSchema = z.discriminatedUnion('operation', [
  z.object({
    operation: z.literal(PlanningOperation.computeSamplingDimensions),
    arguments: argumentSchemas.computeSamplingDimensions,
  }),
  z.object({
    operation: z.literal(PlanningOperation.generatePersonFactories),
    arguments: argumentSchemas.generatePersonFactories,
  }),
]);

/** The request with its arguments checked and trimmed. Throws UserError that names each argument at fault. */
export function parsePlanningRequest(request: PlanningRequest): PlanningRequest {
  const parsed = planningRequestSchema.safeParse(request);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.slice(1).join('.')}: ${message}`);
  throw new UserError(`${request.operation} cannot be planned: ${faults.join('; ')}`);
}
