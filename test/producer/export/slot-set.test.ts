import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSlotSet } from '../../../src/producer/export/slot-set.ts';

/** A bitmap as Redis has it: the first slot is the highest bit of the first byte, and it ends with its last byte that was set. */
function bitmapOf(slots: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.max(-1, ...slots.map((slot) => slot >> 3)) + 1);
  for (const slot of slots) bytes[slot >> 3] = (bytes[slot >> 3] ?? 0) | (128 >> (slot & 7));
  return bytes;
}

const slots = fc.uniqueArray(fc.oneof(fc.nat(40), fc.nat(5_000), fc.constantFrom(1_023, 1_024, 2_047)), {
  maxLength: 60,
});

test('what is missing of a bitmap is what a set of numbers says, ascending, by bucket', () => {
  fc.assert(
    fc.property(slots, slots, (known, committed) => {
      const set = createSlotSet();
      for (const slot of known) set.add([slot]);
      const expected = committed.filter((slot) => !known.includes(slot)).toSorted((a, b) => a - b);
      const buckets = [...set.missingOf(bitmapOf(committed))];
      assert.deepEqual(
        buckets.flatMap(({ slots }) => slots),
        expected,
      );
      for (const { bucket, slots } of buckets) {
        assert.ok(slots.length > 0);
        for (const slot of slots) assert.equal(slot >> 10, bucket);
      }
      for (const slot of committed) assert.equal(set.has(slot), known.includes(slot));
    }),
  );
});

test('slots may be added while what is missing is gone through', () => {
  const set = createSlotSet();
  const seen: number[] = [];
  for (const { slots } of set.missingOf(bitmapOf([3, 1_500, 4_000]))) {
    set.add(slots);
    seen.push(...slots);
  }
  assert.deepEqual(seen, [3, 1_500, 4_000]);
  assert.deepEqual([...set.missingOf(bitmapOf([3, 1_500, 4_000]))], []);
});
