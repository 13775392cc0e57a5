import { LRUCache } from 'lru-cache';
import {
  decodePersonFactoryState,
  populationId,
  type TinyPersonFactoryState,
} from '../shared/factory/person-factory-state.ts';
import type { PromptRenderer, SlotRenderer } from '../shared/factory/render-prompt.ts';
import { type PersonaRequestSchema, personaRequestSchema } from '../shared/person/schema.ts';
import { createPlan, type Plan } from '../shared/sampling/plan.ts';
import { type NameSource, openNameSource } from './names/name-source.ts';
import { nameTraits } from './slot-name.ts';

/** Everything that follows from a factory state and is the same for all its slots. */
export interface DecodedPopulation {
  readonly id: string;
  readonly state: TinyPersonFactoryState;
  /** The state's model, or this worker's own where the state names none. */
  readonly model: string;
  readonly plan: Plan;
  readonly names: NameSource;
  readonly answerSchema: PersonaRequestSchema;
  readonly renderPrompt: SlotRenderer;
}

/** Populations a worker keeps decoded: it seldom works on more at a time, and each holds name lists. */
const DECODED_AT_MOST = 32;

/**
 * Decoded states by their digest. `encoded` is asked for only on a miss; a failed decoding is not kept. Concurrent
 * calls for one digest share one decoding.
 */
export function createDecodedPopulations(options: { defaultModel: string; prompts: PromptRenderer }): {
  get(stateDigest: string, encoded: () => Promise<string>): Promise<DecodedPopulation>;
} {
  const cache = new LRUCache<string, Promise<DecodedPopulation>>({ max: DECODED_AT_MOST });
  return {
    get(stateDigest, encoded) {
      let decoded = cache.get(stateDigest);
      if (decoded === undefined) {
        decoded = encoded().then((state) => decodePopulation(state, options));
        cache.set(stateDigest, decoded);
        decoded.catch(() => cache.delete(stateDigest));
      }
      return decoded;
    },
  };
}

async function decodePopulation(
  encoded: string,
  { defaultModel, prompts }: { defaultModel: string; prompts: PromptRenderer },
): Promise<DecodedPopulation> {
  const state = decodePersonFactoryState(encoded);
  const id = populationId(state);
  return {
    id,
    state,
    model: state.model ?? defaultModel,
    plan: createPlan({
      dimensions: state.dimensions,
      joints: state.joints,
      extents: state.extents ?? [state.populationSize],
      seed: state.seed,
    }),
    // Seeded by the population, not by its seed alone: two populations with one seed would clash on every slot.
    names: await openNameSource({ ...possibleTraits(state), seed: id, ...localeOf(state) }),
    answerSchema: personaRequestSchema({ alternateNames: state.names.policy === 'model' }),
    renderPrompt: prompts.forPopulation(state),
  };
}

function localeOf({ names }: TinyPersonFactoryState): { locale?: string } {
  return names.locale === null ? {} : { locale: names.locale };
}

/** All genders and nationalities the plan can yield, so that the name lists can be made disjoint. */
function possibleTraits({ dimensions }: TinyPersonFactoryState): {
  genders: string[];
  nationalities: string[];
} {
  const genders: string[] = [];
  const nationalities: string[] = [];
  for (const dimension of dimensions) {
    if (dimension.kind !== 'values') continue;
    for (const { value } of dimension.values) {
      const { gender, nationality } = nameTraits({ [dimension.name]: value });
      if (gender !== undefined) genders.push(gender);
      if (nationality !== undefined) nationalities.push(nationality);
    }
  }
  return { genders, nationalities };
}
