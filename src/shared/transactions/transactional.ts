import type { Redis } from 'ioredis';
import { digest } from '../factory/canonical-json.ts';
import type { Keys } from '../keys.ts';
import { decodePayload, encodePayload } from './payload.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * TinyTroupe's transactional cache for auxiliary calls (a sampling plan, a set of factories): runs `fn` once per
 * (operation, arguments) of a simulation and replays its result afterwards.
 *
 * Results are JSON. `fn` is at-least-once: two callers at the same time, or a crash before the result is stored,
 * may run it twice, but everybody goes on with the result that was stored first. An error is not stored.
 */
export interface TransactionalCache {
  transactional<T>(operation: string, args: unknown, fn: () => Promise<T>): Promise<T>;
  counts(): Promise<{ hits: number; misses: number }>;
}

export function createTransactionalCache(redis: Redis, keys: Keys, simulation: string): TransactionalCache {
  const scripts = scriptsOf(redis);
  const { transactions, transactionCounters } = keys.simulation(simulation);
  return {
    async transactional<T>(operation: string, args: unknown, fn: () => Promise<T>): Promise<T> {
      const eventKey = digest({ operation, args });
      const stored = await redis.hgetBuffer(transactions, eventKey);
      await redis.hincrby(transactionCounters, stored === null ? 'misses' : 'hits', 1);
      if (stored !== null) return decodePayload(stored) as T;
      const payload = encodePayload(await fn());
      const [code, first] = await scripts.recordTransaction(
        [transactions, transactionCounters],
        [eventKey, payload],
      );
      // Even the caller that stored it gets the decoded copy, so that a replay can never differ from the first run.
      if (code === 'recorded') return decodePayload(payload) as T;
      if (code === 'replayed' && Buffer.isBuffer(first)) return decodePayload(first) as T;
      throw unexpectedReply('recordTransaction', code);
    },
    async counts() {
      const [hits, misses] = await redis.hmget(transactionCounters, 'hits', 'misses');
      return { hits: Number(hits ?? 0), misses: Number(misses ?? 0) };
    },
  };
}
