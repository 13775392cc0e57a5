import { decodePersonFactoryState } from '../shared/factory/person-factory-state.ts';
import type { ModelProfile } from '../shared/models/model-profiles.ts';
import { typicalPersonCall } from './estimate/person-call.ts';
import { type Reservation, reservationOf } from './estimate/reservation.ts';
import type { PlannedPopulation } from './plan-population.ts';

/** What the next call of a population may take, and so what its budget must leave. Pure; loads a tokenizer. */
export function nextCallOf({ state }: Pick<PlannedPopulation, 'state'>, profile: ModelProfile): Reservation {
  return reservationOf(typicalPersonCall(decodePersonFactoryState(state)).promptTokens, profile);
}
