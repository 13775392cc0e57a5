import type { Keys } from '../keys.ts';
import type { Redis } from '../redis.ts';
import { decodePayload } from './payload.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';
import { recordTransaction, transactionKeys } from './transactional.ts';

/**
 * The auxiliary transactions whose result a worker's model calls bring about: attempts counted before each call, and a
 * failure that stands beside the results until somebody asks again. What the calls took is in the ledger, under the
 * simulation's `planningAccount`.
 */
export interface CallTransactions {
  /** Opens a call, and counts the attempt that it begins. */
  open(call: OpenCall): Promise<OpenedCall>;
  /** Stores a result; the first one wins, and is returned. */
  record(eventKey: string, value: unknown): Promise<{ outcome: 'recorded' | 'replayed'; value: unknown }>;
  /** Gives back the attempt whose call has used nothing: it was never sent, or the provider asked for time. */
  takeBack(eventKey: string): Promise<void>;
  /** Gives back the attempt that a stop ended (ten times at most until the transaction is settled). */
  leave(eventKey: string): Promise<void>;
  /** Gives the transaction up until it is asked for again. `failed` is the event key of the call, where it is a part's. */
  fail(
    eventKey: string,
    options: { failed: string; failure: TransactionFailure },
  ): Promise<'failed' | 'recorded'>;
  failure(eventKey: string): Promise<TransactionFailure | undefined>;
  /** Forgets a failure, so that workers try again. */
  clearFailure(eventKey: string): Promise<void>;
}

export interface OpenCall {
  readonly eventKey: string;
  /** The transaction that this call is a part of, or the same: no call is opened when it has failed. */
  readonly within: string;
  readonly attemptsAllowed: number;
  /** false: this call is the repair of an attempt that was counted before. */
  readonly countAttempt: boolean;
}

export type OpenedCall =
  | { readonly code: 'opened'; readonly attempts: number }
  | { readonly code: 'attempts-spent'; readonly attempts: number }
  | { readonly code: 'recorded'; readonly value: unknown }
  | { readonly code: 'failed' };

export interface TransactionFailure {
  /** A short code from the closed set of failure reasons. */
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  /** No call can succeed until a person acts (quota, credentials). */
  readonly paused: boolean;
}

export function createCallTransactions(redis: Redis, keys: Keys, simulation: string): CallTransactions {
  const scripts = scriptsOf(redis);
  const key = keys.simulation(simulation);
  return {
    async open({ eventKey, within, attemptsAllowed, countAttempt }) {
      const [code, detail] = await scripts.openCall(transactionKeys(key), [
        eventKey,
        within,
        attemptsAllowed,
        countAttempt ? 1 : 0,
      ]);
      switch (code) {
        case 'opened':
        case 'attempts-spent':
          return { code, attempts: Number(detail) };
        case 'recorded':
          return { code, value: Buffer.isBuffer(detail) ? decodePayload(detail) : undefined };
        case 'failed':
          return { code };
        default:
          throw unexpectedReply('openCall', code);
      }
    },
    record: (eventKey, value) => recordTransaction(scripts, key, eventKey, value),
    async takeBack(eventKey) {
      const [code] = await scripts.takeBack([key.transactionAttempts], [eventKey, 'attempt']);
      if (code !== 'taken-back') throw unexpectedReply('takeBack', code);
    },
    async leave(eventKey) {
      const [code] = await scripts.leaveCall([key.transactionAttempts], [eventKey]);
      if (code !== 'left') throw unexpectedReply('leaveCall', code);
    },
    async fail(eventKey, { failed, failure }) {
      const [code] = await scripts.failTransaction(transactionKeys(key), [
        eventKey,
        failed,
        JSON.stringify(failure),
      ]);
      if (code !== 'failed' && code !== 'recorded') throw unexpectedReply('failTransaction', code);
      return code;
    },
    async failure(eventKey) {
      const record = await redis.hget(key.transactionFailures, eventKey);
      return record === null ? undefined : (JSON.parse(record) as TransactionFailure);
    },
    async clearFailure(eventKey) {
      await redis.hdel(key.transactionFailures, eventKey);
    },
  };
}
