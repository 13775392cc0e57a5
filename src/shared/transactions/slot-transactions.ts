import type { Redis } from 'ioredis';
import type { Keys } from '../keys.ts';
import { replyText } from '../lua-scripts.ts';
import { canonicalName } from './canonical-name.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * A worker's side of the transaction cache: the transactions of one population's slots.
 *
 * Every method is one script or one pipeline, hence one round trip, and may be repeated. With a `patient` connection a
 * call outlives a Redis outage and settles when Redis is back. After a lost reply `commit` and `fail`, called again,
 * give the same answer and move no counter twice. `reserve`, `beginRepair` and `leave` then may: what was called or
 * used is counted twice rather than not at all, and an attempt or a repair may be spent, or given back, that nobody
 * made. Names and results never suffer.
 */
export interface SlotTransactions {
  /** The slots of `[from, to)` that are neither committed nor failed, ascending. One round trip. */
  openSlots(from: number, to: number): Promise<number[]>;
  /**
   * Counts what is about to be called and gives the slot its name: the one it holds, or the first free candidate. Where
   * it is not called after all, `leave` takes the count back.
   */
  reserve(slot: number, request: ReserveRequest): Promise<Reservation>;
  /**
   * Takes the attempt's one repair and counts its call; `again` counts another sending of a repair that this run has taken.
   * Called again after a lost reply, the repair reads as spent: then there is none, never two.
   */
  beginRepair(slot: number, request: { again: boolean }): Promise<RepairReply>;
  /**
   * Ends a run that did not settle the slot, which may be settled by now by another one: counts what its calls used,
   * and gives back the attempt (ten times at most in a slot's life) and the repair that an orderly stop or a pause
   * ended. Does nothing in a population that was forgotten.
   */
  leave(slot: number, left: { returnAttempt: boolean; returnRepair: boolean; counts: Counts }): Promise<void>;
  /** Any reply but `committed` has counted nothing. */
  commit(slot: number, result: { name: string; payload: Buffer; counts: Counts }): Promise<CommitReply>;
  /** Any reply but `failed` has counted nothing. */
  fail(slot: number, failure: { reason: string; record: string; counts: Counts }): Promise<FailReply>;
}

/** Increments of the population's counters, moved together with the result; -1 takes the count of a call back. */
export type Counts = Readonly<Record<string, number>>;

export interface ReserveRequest {
  /** Names to try, in order; `record` is stored with the reservation and comes back on a rerun. None: no name. */
  readonly candidates: readonly { readonly name: string; readonly record: string }[];
  /** Attempts the slot may use in all; undefined: no limit. */
  readonly attemptsAllowed?: number | undefined;
  readonly countAttempt: boolean;
  readonly countCall: boolean;
}

export type Reservation =
  | { code: 'reserved'; record: string; attempts: number; refused: number }
  | { code: 'names-taken'; attempts: number; refused: number }
  | { code: 'attempts-spent'; attempts: number }
  | { code: 'paused'; reason: string }
  | { code: 'committed' | 'failed' | 'cancelled' | 'unknown-population' };

export type RepairReply =
  | { code: 'begun' | 'spent' | 'committed' | 'failed' | 'cancelled' | 'unknown-population' }
  | { code: 'paused'; reason: string };

export type CommitReply =
  | { code: 'committed' | 'failed' | 'cancelled' | 'unknown-population' }
  | { code: 'replayed'; payload: Buffer }
  | { code: 'name-lost'; owner: string };

export type FailReply = {
  code: 'failed' | 'committed' | 'already-failed' | 'cancelled' | 'unknown-population';
};

export function createSlotTransactions(
  redis: Redis,
  keys: Keys,
  simulation: string,
  population: string,
): SlotTransactions {
  const scripts = scriptsOf(redis);
  const simulationKeys = keys.simulation(simulation);
  const key = simulationKeys.population(population);
  const owner = (slot: number) => `${population}/${slot}`;

  return {
    async openSlots(from, to) {
      const firstByte = from >> 3;
      const lastByte = (to - 1) >> 3;
      const [committed, failed] = await Promise.all([
        redis.getrangeBuffer(key.committed, firstByte, lastByte),
        redis.getrangeBuffer(key.failed, firstByte, lastByte),
      ]);
      const open: number[] = [];
      for (let slot = from; slot < to; slot += 1) {
        if (!bitAt(committed, slot - firstByte * 8) && !bitAt(failed, slot - firstByte * 8)) open.push(slot);
      }
      return open;
    },

    async reserve(slot, { candidates, attemptsAllowed, countAttempt, countCall }) {
      const [code, first, second, third] = await scripts.reserve(
        [
          key.meta,
          key.committed,
          key.failed,
          simulationKeys.names,
          key.reservations,
          key.attempts,
          key.counters,
        ],
        [
          slot,
          owner(slot),
          attemptsAllowed ?? '',
          countAttempt ? 1 : 0,
          countCall ? 1 : 0,
          ...candidates.flatMap(({ name, record }) => [canonicalName(name), record]),
        ],
      );
      const attempts = Number(second ?? 0);
      const refused = Number(third ?? 0);
      switch (code) {
        case 'reserved':
          return { code, record: replyText(first), attempts, refused };
        case 'names-taken':
          return { code, attempts, refused };
        case 'attempts-spent':
          return { code, attempts };
        case 'paused':
          return { code, reason: replyText(first) };
        case 'committed':
        case 'failed':
        case 'cancelled':
        case 'unknown-population':
          return { code };
        default:
          throw unexpectedReply('reserve', code);
      }
    },

    async beginRepair(slot, { again }) {
      const [code, detail] = await scripts.beginRepair(
        [key.meta, key.committed, key.failed, key.attempts, key.counters],
        [slot, again ? 0 : 1],
      );
      switch (code) {
        case 'begun':
        case 'spent':
        case 'committed':
        case 'failed':
        case 'cancelled':
        case 'unknown-population':
          return { code };
        case 'paused':
          return { code, reason: replyText(detail) };
        default:
          throw unexpectedReply('beginRepair', code);
      }
    },

    async leave(slot, { returnAttempt, returnRepair, counts }) {
      const [code] = await scripts.leave(
        [key.attempts, key.counters, key.meta],
        [slot, returnAttempt ? 1 : 0, returnRepair ? 1 : 0, ...increments(counts)],
      );
      if (code !== 'left' && code !== 'unknown-population') throw unexpectedReply('leave', code);
    },

    async commit(slot, { name, payload, counts }) {
      const [code, detail] = await scripts.commit(
        [
          key.results(slot),
          key.committed,
          key.failed,
          simulationKeys.names,
          key.reservations,
          key.attempts,
          key.counters,
          key.meta,
        ],
        [slot, owner(slot), canonicalName(name), payload, ...increments(counts)],
      );
      switch (code) {
        case 'committed':
        case 'failed':
        case 'cancelled':
        case 'unknown-population':
          return { code };
        case 'replayed':
          return { code, payload: Buffer.isBuffer(detail) ? detail : Buffer.alloc(0) };
        case 'name-lost':
          return { code, owner: replyText(detail) };
        default:
          throw unexpectedReply('commit', code);
      }
    },

    async fail(slot, { reason, record, counts }) {
      const [code] = await scripts.fail(
        [
          key.failures,
          key.committed,
          key.failed,
          simulationKeys.names,
          key.reservations,
          key.attempts,
          key.counters,
          key.meta,
        ],
        [slot, owner(slot), reason, record, ...increments(counts)],
      );
      switch (code) {
        case 'failed':
        case 'committed':
        case 'already-failed':
        case 'cancelled':
        case 'unknown-population':
          return { code };
        default:
          throw unexpectedReply('fail', code);
      }
    },
  };
}

/** Redis numbers bits from the most significant one of each byte; beyond the string every bit is 0. */
export function bitAt(bitmap: Buffer, bit: number): boolean {
  return (((bitmap[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
}

function increments(counts: Counts): (string | number)[] {
  return Object.entries(counts).flatMap(([name, by]) => (by === 0 ? [] : [name, by]));
}
