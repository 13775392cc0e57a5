import { NamePolicy } from '../shared/factory/person-factory-state.ts';
import type { Characteristics } from '../shared/sampling/dimensions.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import { canonicalName } from '../shared/transactions/canonical-name.ts';
import type {
  Reservation,
  ReserveRequest,
  SlotTransactions,
} from '../shared/transactions/slot-transactions.ts';
import type { NameSource, NameTraits, PersonName } from './names/name-source.ts';
import type { FoundEnd } from './slot-dependencies.ts';

/** A reservation once a free name was found, if there was one to find. */
export type NamedReservation =
  | (Extract<Reservation, { code: 'reserved' }> & { readonly name: PersonName | undefined })
  | Exclude<Reservation, { code: 'reserved' | 'names-taken' }>;

type Opening = Pick<ReserveRequest, 'opens' | 'attemptsAllowed'>;

export interface SlotNaming {
  /**
   * The name that the slot is most likely to get, before it is reserved; undefined where the model will choose one. It costs
   * nothing, and is nearly always right.
   */
  readonly expected: PersonName | undefined;
  /**
   * Opens a model call and takes the slot's name: the one it holds already, or the first free one of its sequence; none where
   * the model will choose one.
   */
  reserve(opening: Opening): Promise<NamedReservation>;
  /** Takes the first free one of the names the model offered, else one of the slot's own sequence. `???` is no name. */
  claimOffered(offered: readonly string[]): Promise<PersonName | { readonly ended: FoundEnd }>;
}

/** A slot's first candidate is nearly always free; after a clash this many go together in each round trip. */
const ALTERNATIVES_AT_ONCE = 8;

/**
 * Names for one slot. A collision costs a round trip and never a model call: candidates come from the slot's own
 * deterministic sequence, so that the name depends on neither the worker nor the moment.
 */
export function createSlotNaming(options: {
  slot: number;
  traits: NameTraits;
  names: NameSource;
  policy: NamePolicy;
  transactions: SlotTransactions;
  metrics: WorkerMetrics;
}): SlotNaming {
  const { slot, traits, names, policy, transactions, metrics } = options;
  const isModelsChoice = policy === NamePolicy.model;

  const first = names.candidate(slot, 0, traits);
  const alternatives = (round: number): PersonName[] =>
    Array.from({ length: ALTERNATIVES_AT_ONCE }, (_, index) =>
      names.candidate(slot, 1 + (round - 1) * ALTERNATIVES_AT_ONCE + index, traits),
    );

  async function reserve(preferred: readonly PersonName[], opening: Opening): Promise<NamedReservation> {
    let candidates = preferred;
    for (let round = 1; ; round += 1) {
      const reservation = await transactions.reserve(slot, {
        ...opening,
        candidates: candidates.map((name) => ({ name: name.full, record: JSON.stringify(name) })),
      });
      if (reservation.code === 'names-taken') {
        metrics.names.inc({ outcome: 'taken' }, reservation.refused);
        candidates = alternatives(round);
        continue;
      }
      if (reservation.code !== 'reserved') return reservation;
      if (reservation.refused > 0) metrics.names.inc({ outcome: 'taken' }, reservation.refused);
      if (reservation.record === '') return { ...reservation, name: undefined };
      metrics.names.inc({ outcome: 'reserved' });
      return { ...reservation, name: JSON.parse(reservation.record) as PersonName };
    }
  }

  return {
    expected: isModelsChoice ? undefined : first,
    reserve: (opening) => reserve(isModelsChoice ? [] : [first], opening),
    async claimOffered(offered) {
      const usable = offered.filter((name) => canonicalName(name) !== '').map(splitName);
      const claim = await reserve([...usable, first], { opens: 'nothing' });
      if (claim.code === 'reserved' && claim.name !== undefined) return claim.name;
      if (claim.code === 'reserved' || claim.code === 'attempts-spent') {
        throw new Error(`a claim of names with a name among them ended in ${claim.code} without one`);
      }
      return { ended: claim.code };
    },
  };
}

/** The gender and the nationality or country among a slot's characteristics, whatever the case of their names. */
export function nameTraits(characteristics: Characteristics): NameTraits {
  const traits: { gender?: string; nationality?: string } = {};
  for (const [name, value] of Object.entries(characteristics)) {
    const key = name.trim().toLowerCase();
    if (key === 'gender' || key === 'sex') traits.gender = String(value);
    if (key === 'nationality') traits.nationality = String(value);
    if (key === 'country') traits.nationality ??= String(value);
  }
  return traits;
}

/** A model's name as parts. Western order is a guess; it decides only which words a correction looks for. */
function splitName(full: string): PersonName {
  const words = full.trim().split(/\s+/);
  return { full: words.join(' '), given: words[0] ?? full, family: words.at(-1) ?? full };
}
