import type { Redis } from 'ioredis';
import type { Keys } from '../keys.ts';
import { decodePayload } from './payload.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';
import { recordTransaction, transactionKeys } from './transactional.ts';

/**
 * The auxiliary transactions whose result a worker's model calls bring about: attempts counted before each call, tokens, and
 * a failure that stands beside the results until somebody asks again.
 */
export interface CallTransactions {
  /** Opens a call and counts it. */
  open(call: OpenCall): Promise<OpenedCall>;
  /** Stores a result; the first one wins, and is returned. */
  record(
    eventKey: string,
    value: unknown,
    used: TokenCounts,
  ): Promise<{ outcome: 'recorded' | 'replayed'; value: unknown }>;
  /**
   * Leaves the transaction open after calls that did not settle it: counts their tokens, takes back the count of one
   * that was never sent, may give the attempt back (ten times at most until the transaction is settled).
   */
  leave(
    eventKey: string,
    options: { returnAttempt: boolean; unsent?: OpenCall['counter'] | undefined; used: TokenCounts },
  ): Promise<void>;
  /** Gives the transaction up until it is asked for again. `failed` is the event key of the call, where it is a part's. */
  fail(
    eventKey: string,
    options: { failed: string; failure: TransactionFailure; used: TokenCounts },
  ): Promise<'failed' | 'recorded'>;
  failure(eventKey: string): Promise<TransactionFailure | undefined>;
  /** Forgets a failure, so that workers try again. */
  clearFailure(eventKey: string): Promise<void>;
  /** What all calls of the simulation's auxiliary transactions took so far. */
  usage(): Promise<CallUsage>;
}

export interface OpenCall {
  readonly eventKey: string;
  /** The transaction that this call is a part of, or the same: no call is opened when it has failed. */
  readonly within: string;
  readonly attemptsAllowed: number;
  /** false: this call goes on with an attempt that was counted before. */
  readonly countAttempt: boolean;
  readonly counter: 'calls' | 'repairCalls';
}

export type OpenedCall =
  | { readonly code: 'opened'; readonly attempts: number }
  | { readonly code: 'attempts-spent'; readonly attempts: number }
  | { readonly code: 'recorded'; readonly value: unknown }
  | { readonly code: 'failed' };

export type TokenCounts = {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
};

/** `repairCalls` are not among the `calls`. */
export type CallUsage = TokenCounts & { readonly calls: number; readonly repairCalls: number };

export interface TransactionFailure {
  /** A short code from the closed set of failure reasons. */
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  /** No call can succeed until a person acts (quota, credentials). */
  readonly paused: boolean;
}

const usageCounters = ['calls', 'repairCalls', 'promptTokens', 'cachedTokens', 'completionTokens'] as const;

export function createCallTransactions(redis: Redis, keys: Keys, simulation: string): CallTransactions {
  const scripts = scriptsOf(redis);
  const key = keys.simulation(simulation);
  return {
    async open({ eventKey, within, attemptsAllowed, countAttempt, counter }) {
      const [code, detail] = await scripts.openCall(transactionKeys(key), [
        eventKey,
        within,
        attemptsAllowed,
        countAttempt ? 1 : 0,
        counter,
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
    record: (eventKey, value, used) => recordTransaction(scripts, key, eventKey, value, increments(used)),
    async leave(eventKey, { returnAttempt, unsent, used }) {
      const [code] = await scripts.leaveCall(
        [key.transactionAttempts, key.transactionCounters],
        [eventKey, returnAttempt ? 1 : 0, ...increments(used), ...(unsent === undefined ? [] : [unsent, -1])],
      );
      if (code !== 'left') throw unexpectedReply('leaveCall', code);
    },
    async fail(eventKey, { failed, failure, used }) {
      const [code] = await scripts.failTransaction(transactionKeys(key), [
        eventKey,
        failed,
        JSON.stringify(failure),
        ...increments(used),
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
    async usage() {
      const values = await redis.hmget(key.transactionCounters, ...usageCounters);
      const [calls = 0, repairCalls = 0, promptTokens = 0, cachedTokens = 0, completionTokens = 0] =
        values.map((value) => Number(value ?? 0));
      return { calls, repairCalls, promptTokens, cachedTokens, completionTokens };
    },
  };
}

function increments(used: TokenCounts): (string | number)[] {
  return Object.entries(used).flatMap(([name, by]) => (by === 0 ? [] : [name, by]));
}
