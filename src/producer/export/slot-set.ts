import { RESULT_BUCKET_BITS } from '../../shared/keys.ts';

/** A set of slots, as an eighth of a byte each. */
export interface SlotSet {
  add(slots: readonly number[]): void;
  has(slot: number): boolean;
  /** The slots of a bitmap of Redis that are not in the set yet, ascending, a bucket of results at a time. */
  missingOf(bitmap: Buffer): Generator<{ readonly bucket: number; readonly slots: readonly number[] }>;
}

const BUCKET_BYTES = (1 << RESULT_BUCKET_BITS) / 8;

export function createSlotSet(): SlotSet {
  let bits = Buffer.alloc(BUCKET_BYTES);
  const byteAt = (index: number) => bits[index] ?? 0;
  return {
    add(slots) {
      for (const slot of slots) {
        const index = slot >> 3;
        // By half as much again, so that a set that grows by a slot at a time is not copied each time.
        if (index >= bits.length) bits = Buffer.concat([bits], Math.ceil((index + 1) * 1.5));
        bits[index] = byteAt(index) | (0x80 >> (slot & 7));
      }
    },
    has: (slot) => (byteAt(slot >> 3) & (0x80 >> (slot & 7))) !== 0,
    *missingOf(bitmap) {
      for (let start = 0; start < bitmap.length; start += BUCKET_BYTES) {
        const slots: number[] = [];
        const end = Math.min(bitmap.length, start + BUCKET_BYTES);
        for (let index = start; index < end; index += 1) {
          const missing = (bitmap[index] ?? 0) & ~byteAt(index);
          for (let bit = 0; missing !== 0 && bit < 8; bit += 1) {
            if ((missing & (0x80 >> bit)) !== 0) slots.push(index * 8 + bit);
          }
        }
        if (slots.length > 0) yield { bucket: start / BUCKET_BYTES, slots };
      }
    },
  };
}
