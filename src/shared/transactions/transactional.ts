import { digest } from '../factory/canonical-json.ts';
import type { Keys, SimulationKeys } from '../keys.ts';
import type { Redis } from '../redis.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { type Scripts, scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * TinyTroupe's transactional cache for auxiliary calls (sampling dimensions, a set of factories): one result per
 * (operation, arguments) of a simulation, replayed afterwards.
 *
 * The work is a worker's model calls (see `call-transactions.ts`): the worker uses `transactional`, and whoever wants the
 * result `ask` and `peek`.
 */
export interface TransactionalCache {
  /**
   * The stored result, or that of `fn`, which is JSON and stored then. `fn` is at-least-once: two callers at the same
   * time, or a crash before the result is stored, may run it twice, but everybody goes on with the result that was
   * stored first. An error is not stored.
   */
  transactional<T>(operation: string, args: unknown, fn: () => Promise<T>): Promise<T>;
  /** The stored result, or undefined; counted as a hit or a miss. */
  ask(eventKey: string): Promise<unknown>;
  /** The same, uncounted: for whoever waits for what they have asked for. */
  peek(eventKey: string): Promise<unknown>;
  /** Results that were asked for and there (hits), or not (misses). */
  counts(): Promise<{ hits: number; misses: number }>;
}

export function createTransactionalCache(redis: Redis, keys: Keys, simulation: string): TransactionalCache {
  const scripts = scriptsOf(redis);
  const simulationKeys = keys.simulation(simulation);
  const { transactions, transactionCounters } = simulationKeys;
  const cache: TransactionalCache = {
    async transactional<T>(operation: string, args: unknown, fn: () => Promise<T>): Promise<T> {
      const eventKey = eventKeyOf(operation, args);
      const stored = await cache.peek(eventKey);
      if (stored !== undefined) return stored as T;
      return (await recordTransaction(scripts, simulationKeys, eventKey, await fn())).value as T;
    },
    async ask(eventKey) {
      const stored = await cache.peek(eventKey);
      await redis.hincrby(transactionCounters, stored === undefined ? 'misses' : 'hits', 1);
      return stored;
    },
    async peek(eventKey) {
      const stored = await redis.hgetBuffer(transactions, eventKey);
      return stored === null ? undefined : decodePayload(stored);
    },
    async counts() {
      const [hits, misses] = await redis.hmget(transactionCounters, 'hits', 'misses');
      return { hits: Number(hits ?? 0), misses: Number(misses ?? 0) };
    },
  };
  return cache;
}

/**
 * Stores a result unless there is one, and returns what is stored then. Even whoever stored it gets the decoded copy, so
 * that a replay can never differ from the first run.
 */
export async function recordTransaction(
  scripts: Scripts,
  key: SimulationKeys,
  eventKey: string,
  value: unknown,
): Promise<{ outcome: 'recorded' | 'replayed'; value: unknown }> {
  const payload = encodePayload(value);
  const [code, first] = await scripts.recordTransaction(transactionKeys(key), [eventKey, payload]);
  if (code === 'recorded') return { outcome: code, value: decodePayload(payload) };
  if (code === 'replayed' && Buffer.isBuffer(first)) return { outcome: code, value: decodePayload(first) };
  throw unexpectedReply('recordTransaction', code);
}

/** The key that the cache holds a result under; the same for everybody who asks the same. */
export function eventKeyOf(operation: string, args: unknown): string {
  return digest({ operation, args });
}

/** The keys of every script that settles a transaction, or looks whether it is settled, in their order. */
export function transactionKeys(key: SimulationKeys): string[] {
  return [key.transactions, key.transactionFailures, key.transactionAttempts];
}
