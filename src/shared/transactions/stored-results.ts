import type { Keys } from '../keys.ts';
import { RESULT_BUCKET_BITS } from '../keys.ts';
import type { Redis } from '../redis.ts';

/** What of a population's results lies in Redis, for whoever takes them out of it. */
export interface StoredResults {
  /** The bit of every committed slot, pruned or not, in Redis' order; shorter than the population where its end is open. */
  committedBits(): Promise<Buffer>;
  /** The slots of a bucket whose results are there. */
  storedSlots(bucket: number): Promise<number[]>;
  /** The results of these slots of one bucket, in their order; undefined where there is none. */
  payloads(slots: readonly number[]): Promise<(Buffer | undefined)[]>;
}

/** Payloads of some 2 KB: a reply is about 250 KB. */
const BATCH = 128;

export const bucketOf = (slot: number): number => slot >> RESULT_BUCKET_BITS;

export function createStoredResults(
  redis: Redis,
  keys: Keys,
  simulation: string,
  population: string,
): StoredResults {
  const key = keys.simulation(simulation).population(population);
  return {
    async committedBits() {
      return (await redis.getBuffer(key.committed)) ?? Buffer.alloc(0);
    },
    async storedSlots(bucket) {
      return (await redis.hkeys(key.results(bucket << RESULT_BUCKET_BITS))).map(Number);
    },
    async payloads(slots) {
      const batches: Promise<(Buffer | null)[]>[] = [];
      for (let start = 0; start < slots.length; start += BATCH) {
        const batch = slots.slice(start, start + BATCH).map(String);
        batches.push(redis.hmgetBuffer(key.results(slots[start] ?? 0), ...batch));
      }
      return (await Promise.all(batches)).flat().map((payload) => payload ?? undefined);
    },
  };
}
