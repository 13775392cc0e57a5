import { z } from 'zod';
import { dimensionSchema, jointFault, jointSchema } from '../sampling/dimensions.ts';
import { digest } from './canonical-json.ts';
import { decodeState, type StateKind } from './state-codec.ts';
import { factoryNameSchema, simulationIdSchema } from './tiny-factory.ts';

/** `reserved`: we choose and reserve the name before the model call. `model`: the model offers names, the first free one wins. */
export const NamePolicy = { reserved: 'reserved', model: 'model' } as const;
export type NamePolicy = (typeof NamePolicy)[keyof typeof NamePolicy];

/**
 * What becomes of an answer that lacks depth or contradicts the slot's characteristics. `repair`: one repair call asks for
 * the parts at fault; what is wrong after it costs the attempt. `accept`: the person is kept, with warnings. `fail`: the slot
 * fails.
 */
export const OnMismatch = { repair: 'repair', accept: 'accept', fail: 'fail' } as const;
export type OnMismatch = (typeof OnMismatch)[keyof typeof OnMismatch];

/** What holds where a spec or a caller is silent. */
export const personFactoryDefaults = {
  context: '',
  seed: '42',
  agentParticularities: null,
  names: { locale: null, policy: NamePolicy.reserved },
  model: null,
  temperature: null,
  attempts: 5,
  onMismatch: OnMismatch.repair,
  dimensions: [],
  joints: [],
} as const;

/** Slots are numbered in 32-bit integers and bitmaps; the bitmaps of this many slots take 25 MB of Redis. */
export const MAX_POPULATION_SIZE = 100_000_000;

const MAX_EXTENTS = 10_000;

const fieldShape = {
  /** Who these people are and what they are for; prose, rendered into every prompt. May be empty. */
  context: z.string().trim(),
  populationSize: z.int().min(1).max(MAX_POPULATION_SIZE),
  /**
   * How the population grew to its size: `[1000, 200]` was planned as 1,000 and grew by 200. The producer fills it
   * in; absent means that all was planned at once.
   */
  extents: z.array(z.int().min(1)).min(1).max(MAX_EXTENTS).exactOptional(),
  seed: z.string().min(1).max(200),
  /** What all people of this population have in common beyond the context. */
  agentParticularities: z.string().trim().min(1).nullable(),
  names: z.strictObject({
    /** Locale of the name lists, such as `pt_BR`; null derives it from each slot's characteristics. */
    locale: z.string().trim().min(1).max(20).nullable(),
    policy: z.enum(NamePolicy),
  }),
  /** null: the model that the workers are configured with. */
  model: z.string().trim().min(1).max(200).nullable(),
  /** null: the provider's default; some models accept no other. */
  temperature: z.number().min(0).max(2).nullable(),
  /** Model calls allowed per slot, over all retries and restarts. */
  attempts: z.int().min(1).max(100),
  onMismatch: z.enum(OnMismatch).default(personFactoryDefaults.onMismatch),
  dimensions: z
    .array(dimensionSchema)
    .max(200)
    .refine(
      (dimensions) => new Set(dimensions.map(({ name }) => name)).size === dimensions.length,
      'every dimension must have a name of its own',
    ),
  /** Absent: the dimensions are independent. */
  joints: z.array(jointSchema).min(1).max(100).exactOptional(),
};

type Fields = z.infer<z.ZodObject<typeof fieldShape>>;

/** What no field can say alone. */
function checkTogether(fields: Fields, context: z.RefinementCtx): void {
  const { extents, populationSize, dimensions, joints = [] } = fields;
  if (extents !== undefined && extents.reduce((a, b) => a + b, 0) !== populationSize) {
    context.addIssue({
      code: 'custom',
      path: ['extents'],
      message: 'the extents must sum to populationSize',
    });
  }
  const fault = jointFault(dimensions, joints);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['joints'], message: fault });
}

/** The fields of a person factory, without its envelope, name and simulation. */
export const personFactoryFieldsSchema = z.strictObject(fieldShape).superRefine(checkTogether);
export type PersonFactoryFields = z.infer<typeof personFactoryFieldsSchema>;

export const tinyPersonFactoryStateSchema = z
  .strictObject({
    type: z.literal('TinyPersonFactory'),
    version: z.literal(1),
    name: factoryNameSchema,
    simulationId: simulationIdSchema.nullable(),
    ...fieldShape,
  })
  .superRefine(checkTogether);
export type TinyPersonFactoryState = z.infer<typeof tinyPersonFactoryStateSchema>;

export const personFactoryStateKind: StateKind<TinyPersonFactoryState> = {
  type: 'TinyPersonFactory',
  version: 1,
  schema: tinyPersonFactoryStateSchema,
};

/** Decodes a state without building a factory: all that a worker needs. Throws FactoryStateError. */
export function decodePersonFactoryState(state: unknown): TinyPersonFactoryState {
  return decodeState(personFactoryStateKind, state);
}

export type PopulationIdentity = Omit<
  TinyPersonFactoryState,
  'name' | 'simulationId' | 'populationSize' | 'extents' | 'attempts' | 'onMismatch'
>;

/**
 * The part of a state that decides who slot n is.
 *
 * Left out are the generated factory name (two runs of one program must agree), the simulation (it scopes the
 * store's keys already), the attempts and the mismatch policy (changing them must not pay for everybody again), and the population size with its
 * extents: a population that grows keeps its id, and with it the people it has.
 */
export function populationIdentity(state: TinyPersonFactoryState): PopulationIdentity {
  const {
    name: _name,
    simulationId: _simulationId,
    populationSize: _populationSize,
    extents: _extents,
    attempts: _attempts,
    onMismatch: _onMismatch,
    ...identity
  } = state;
  return identity;
}

const POPULATION_ID_CHARACTERS = 24;

/** The id of a population: 24 hex characters (96 bits) of the digest of its identity. A rerun finds its people by it. */
export function populationId(state: TinyPersonFactoryState): string {
  return digest(populationIdentity(state), POPULATION_ID_CHARACTERS);
}
