import type { Characteristics } from '../shared/sampling/dimensions.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';
import { canonicalName } from '../shared/transactions/canonical-name.ts';
import type {
  Reservation,
  ReserveRequest,
  SlotTransactions,
} from '../shared/transactions/slot-transactions.ts';
import type { NameSource, NameTraits, PersonName } from './names/name-source.ts';

/** A reservation once a free name was found, if there was one to find. */
export type NamedReservation =
  | (Extract<Reservation, { code: 'reserved' }> & { readonly name: PersonName | undefined })
  | Exclude<Reservation, { code: 'reserved' | 'names-taken' }>;

export interface SlotNaming {
  /** Opens a model call and takes the slot's name: the one it holds already, or the first free one of its sequence. */
  reserveOwn(counting: Omit<ReserveRequest, 'candidates'>): Promise<NamedReservation>;
  /** Opens a model call without a name: the model will choose one. */
  reserveNone(counting: Omit<ReserveRequest, 'candidates'>): Promise<NamedReservation>;
  /** Takes the first free one of the names the model offered, else one of the slot's own sequence. `???` is no name. */
  claimOffered(offered: readonly string[]): Promise<NamedReservation>;
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
  transactions: SlotTransactions;
  metrics: Metrics;
}): SlotNaming {
  const { slot, traits, names, transactions, metrics } = options;

  const ownCandidates = (round: number): PersonName[] => {
    if (round === 0) return [names.candidate(slot, 0, traits)];
    const first = 1 + (round - 1) * ALTERNATIVES_AT_ONCE;
    return Array.from({ length: ALTERNATIVES_AT_ONCE }, (_, index) =>
      names.candidate(slot, first + index, traits),
    );
  };

  async function reserve(
    first: readonly PersonName[],
    counting: Omit<ReserveRequest, 'candidates'>,
  ): Promise<NamedReservation> {
    let candidates = first;
    for (let round = 1; ; round += 1) {
      const reservation = await transactions.reserve(slot, {
        ...counting,
        candidates: candidates.map((name) => ({ name: name.full, record: JSON.stringify(name) })),
      });
      if (reservation.code === 'names-taken') {
        metrics.names.inc({ outcome: 'taken' }, reservation.refused);
        candidates = ownCandidates(round);
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
    reserveOwn: (counting) => reserve(ownCandidates(0), counting),
    reserveNone: (counting) => reserve([], counting),
    claimOffered: (offered) => {
      const names = offered.filter((name) => canonicalName(name) !== '').map(splitName);
      return reserve([...names, ...ownCandidates(0)], { countAttempt: false, countCall: false });
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
