import { canonicalJson, digest } from '../shared/factory/canonical-json.ts';
import { populationId, type TinyPersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { queueNameOf } from '../shared/jobs.ts';
import type { DefineOutcome, Populations } from '../shared/transactions/populations.ts';

/** A population that stands in Redis and can be enqueued. */
export interface PlannedPopulation {
  readonly simulation: string;
  readonly population: string;
  readonly outcome: DefineOutcome;
  /** The queue whose workers serve its model. */
  readonly queueName: string;
  /** Slots in all; larger than asked for when the population had grown before. */
  readonly size: number;
  readonly extents: readonly number[];
  /** The encoded complete factory state, and its digest: the claim check. */
  readonly state: string;
  readonly stateDigest: string;
}

/**
 * Writes the population of a factory state to Redis, or finds it there: same context, seed, model and dimensions mean
 * the same population. Asking for more people than it has grows it; asking for fewer changes nothing. Idempotent, and safe
 * beside other producers.
 */
export async function planPopulation(
  state: TinyPersonFactoryState,
  populations: Populations,
  simulation: string,
): Promise<PlannedPopulation> {
  const population = populationId(state);
  const encode = (extents: readonly number[]) => {
    const size = extents.reduce((a, b) => a + b, 0);
    // Named by what it is, not by whoever planned it: the same population is then the same state in every run.
    const named = { ...state, name: `population ${population}`, simulationId: simulation };
    const encoded = canonicalJson({ ...named, populationSize: size, extents });
    return { state: encoded, digest: digest(JSON.parse(encoded)) };
  };
  const { outcome, extents } = await populations.define({
    id: population,
    size: state.populationSize,
    encode,
    labels: { model: state.model ?? '', seed: state.seed },
  });
  const encoded = encode(extents);
  return {
    simulation,
    population,
    outcome,
    queueName: queueNameOf(state.model),
    size: extents.reduce((a, b) => a + b, 0),
    extents,
    state: encoded.state,
    stateDigest: encoded.digest,
  };
}
