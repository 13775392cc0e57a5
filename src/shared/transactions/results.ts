import { UserError } from '../errors.ts';
import type { SlotRange } from '../factory/slot-claims.ts';
import { type Keys, RESULT_BUCKET_BITS } from '../keys.ts';
import type { Redis } from '../redis.ts';
import { createPopulations, unknownPopulation } from './populations.ts';
import { peoplePruned } from './pruned-people.ts';
import { bitAt } from './slot-transactions.ts';

/** Reading what a population has: results in slot order, and the slots that are still open. */
export interface Results {
  /**
   * Committed payloads of the range in slot order, two batches in memory at a time. Throws UserError at the first committed
   * slot whose result is not in Redis (any more): nobody is passed over in silence.
   */
  committed(range: SlotRange): AsyncGenerator<{ slot: number; payload: Buffer }>;
  /** Which slots of the range are neither committed nor failed; two reads of an eighth of a byte a slot. */
  open(range: SlotRange): Promise<(slot: number) => boolean>;
  countOpen(range: SlotRange): Promise<number>;
}

/** Payloads of some 2 KB: a batch is about 250 KB. Divides a bucket evenly. */
const BATCH = 128;

export function createResults(redis: Redis, keys: Keys, simulation: string, population: string): Results {
  const key = keys.simulation(simulation).population(population);

  const read = async (from: number, to: number) => {
    const slots = Array.from({ length: to - from }, (_, index) => from + index);
    const firstByte = from >> 3;
    // The bits first: what is committed between the two has a result that is not missed.
    const [bits, payloads] = await Promise.all([
      redis.getrangeBuffer(key.committed, firstByte, (to - 1) >> 3),
      redis.hmgetBuffer(key.results(from), ...slots.map(String)),
    ]);
    const isMissed = (slot: number, index: number) =>
      bitAt(bits, slot - firstByte * 8) && payloads[index] === null;
    const missed = slots.find(isMissed);
    if (missed !== undefined) throw await whyMissing(missed);
    return slots.flatMap((slot, index) => {
      const payload = payloads[index];
      return payload ? [{ slot, payload }] : [];
    });
  };

  const whyMissing = async (slot: number) => {
    const status = await createPopulations(redis, keys, simulation).status(population);
    if (status === undefined) return unknownPopulation(simulation, population);
    if (status.pruned > 0) return peoplePruned(status);
    return new UserError(
      `slot ${slot} of population ${population} is committed, but its result is missing: Redis has lost data, or somebody removed it`,
    );
  };

  const open = async ({ from, to }: SlotRange) => {
    const firstByte = from >> 3;
    const lastByte = (to - 1) >> 3;
    const [committed, failed] = await Promise.all([
      redis.getrangeBuffer(key.committed, firstByte, lastByte),
      redis.getrangeBuffer(key.failed, firstByte, lastByte),
    ]);
    const offset = firstByte * 8;
    return (slot: number) => !bitAt(committed, slot - offset) && !bitAt(failed, slot - offset);
  };

  return {
    async *committed({ from, to }) {
      // The next batch is on its way while the caller works on this one.
      let next: ReturnType<typeof read> | undefined = read(from, batchEnd(from, to));
      for (let start = batchEnd(from, to); next !== undefined; start = batchEnd(start, to)) {
        const batch: Awaited<ReturnType<typeof read>> = await next;
        next = start < to ? read(start, batchEnd(start, to)) : undefined;
        next?.catch(() => {}); // reported when it is awaited; the caller may stop before
        yield* batch;
      }
    },

    open,

    async countOpen(range) {
      const isOpen = await open(range);
      let count = 0;
      for (let slot = range.from; slot < range.to; slot += 1) if (isOpen(slot)) count += 1;
      return count;
    },
  };
}

/** Batches begin at multiples of their size, so that none spans two buckets. */
function batchEnd(start: number, to: number): number {
  return Math.min(to, (Math.floor(start / BATCH) + 1) * BATCH);
}

if ((1 << RESULT_BUCKET_BITS) % BATCH !== 0) throw new Error('a batch of results must not span two buckets');
