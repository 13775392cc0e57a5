import type { Keys } from '../keys.ts';
import { replyText } from '../lua-scripts.ts';
import type { Redis } from '../redis.ts';
import { canonicalName } from './canonical-name.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * A worker's side of the transaction cache: the transactions of one population's slots.
 *
 * Every method is one script or one pipeline, hence one round trip, and may be repeated. With a `patient` connection a
 * call outlives a Redis outage and settles when Redis is back. After a lost reply `commit` and `fail`, called again,
 * give the same answer (`commit` answers `replayed` where its result was pruned meanwhile) and move no counter twice. With `reserve`, `beginRepair`, `takeBack` and `leave` an attempt or a
 * repair may then be spent, or given back, that nobody made. Names and results never suffer. What the calls took is the ledger's
 * affair (`limits/ledger.ts`).
 */
export interface SlotTransactions {
  /** The slots of `[from, to)` that are neither committed nor failed, ascending. One round trip. */
  openSlots(from: number, to: number): Promise<number[]>;
  /** Gives the slot its name, the one it holds or the first free candidate, and counts the attempt that is about to be made. */
  reserve(slot: number, request: ReserveRequest): Promise<Reservation>;
  /**
   * Takes the attempt's one repair. Called again after a lost reply, the repair reads as spent: then there is none, never
   * two.
   */
  beginRepair(slot: number): Promise<RepairReply>;
  /**
   * Gives back what the beginning of a call counted that has used nothing: it was never sent, or the provider asked for
   * time. Does nothing for a slot that is settled by now, or in a population that was forgotten.
   */
  takeBack(slot: number, counted: 'attempt' | 'repair'): Promise<void>;
  /**
   * Gives back the attempt (ten times at most in a slot's life), and where `returnRepair` its repair, that an orderly stop
   * or a pause ended. Does nothing for a slot that is settled by now, or in a population that was forgotten.
   */
  leave(slot: number, left: { returnRepair: boolean }): Promise<void>;
  commit(slot: number, result: { name: string; payload: Buffer }): Promise<CommitReply>;
  fail(slot: number, failure: { reason: string; record: string }): Promise<FailReply>;
}

export interface ReserveRequest {
  /** Names to try, in order; `record` is stored with the reservation and comes back on a rerun. None: no name. */
  readonly candidates: readonly { readonly name: string; readonly record: string }[];
  /** Attempts the slot may use in all; undefined: no limit. */
  readonly attemptsAllowed?: number | undefined;
  /** What follows: an attempt's call, or none, as the name is for an answer that is there. It is given during a pause too. */
  readonly opens: 'attempt' | 'nothing';
}

export type Reservation =
  | { code: 'reserved'; record: string; attempts: number; refused: number }
  | { code: 'names-taken'; attempts: number; refused: number }
  | { code: 'attempts-spent'; attempts: number }
  | { code: 'paused'; reason: string }
  | { code: 'committed' | 'failed' | 'cancelled' | 'unknown-population' };

export type RepairReply =
  | { code: 'begun' }
  | { code: 'spent' }
  | { code: 'committed' | 'failed' | 'cancelled' | 'unknown-population' }
  | { code: 'paused'; reason: string };

export type CommitReply =
  | { code: 'committed' | 'failed' | 'cancelled' | 'unknown-population' }
  /** The payload is empty where the result that stands was pruned to a file. */
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

    async reserve(slot, { candidates, attemptsAllowed, opens }) {
      const [code, first, second, third] = await scripts.reserve(
        [key.meta, key.committed, key.failed, simulationKeys.names, key.reservations, key.attempts],
        [
          slot,
          owner(slot),
          attemptsAllowed ?? '',
          opens,
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

    async beginRepair(slot) {
      const [code, detail] = await scripts.beginRepair(
        [key.meta, key.committed, key.failed, key.attempts],
        [slot],
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

    async takeBack(slot, counted) {
      const [code] = await scripts.takeBack([key.attempts], [slot, counted]);
      if (code !== 'taken-back') throw unexpectedReply('takeBack', code);
    },

    async leave(slot, { returnRepair }) {
      const [code] = await scripts.leave([key.attempts, key.meta], [slot, returnRepair ? 1 : 0]);
      if (code !== 'left' && code !== 'unknown-population') throw unexpectedReply('leave', code);
    },

    async commit(slot, { name, payload }) {
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
        [slot, owner(slot), canonicalName(name), payload],
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

    async fail(slot, { reason, record }) {
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
        [slot, owner(slot), reason, record],
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
