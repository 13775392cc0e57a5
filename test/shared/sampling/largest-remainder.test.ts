import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { largestRemainder } from '../../../src/shared/sampling/largest-remainder.ts';

const weights = fc
  .array(fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 12 })), {
    minLength: 1,
    maxLength: 20,
  })
  .filter((each) => each.some((weight) => weight > 1e-9));
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const shares = (each: readonly number[], total: number) => each.map((weight) => (weight / sum(each)) * total);

test('the counts sum to the total, each is the floor or the ceiling of its share', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 2_000_000 }), (each, total) => {
      const counts = largestRemainder(each, total);
      assert.equal(sum(counts), total);
      for (const [index, share] of shares(each, total).entries()) {
        const count = counts[index] ?? Number.NaN;
        assert.ok(Math.abs(count - share) < 1 + 1e-6, `${count} of ${share}`);
      }
    }),
  );
});

test('known divisions come out as in the books, ties go to the earlier weight', () => {
  assert.deepEqual(largestRemainder([47_000, 16_000, 15_900, 12_000, 6_000, 3_100], 10), [5, 2, 1, 1, 1, 0]);
  assert.deepEqual(largestRemainder([1, 1, 1], 10), [4, 3, 3]);
  assert.deepEqual(largestRemainder([0, 5, 0], 7), [0, 7, 0]);
  assert.deepEqual(largestRemainder([49, 51], 45), [22, 23]);
  assert.deepEqual(largestRemainder(Array(49).fill(1), 49), Array(49).fill(1));
});

test('a value of weight 0 gets nobody, however the others divide', () => {
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 10_000 }), (each, total) => {
      assert.equal(largestRemainder([0, ...each], total)[0], 0);
    }),
  );
});

test('weights whose sum would overflow divide like any others', () => {
  assert.deepEqual(largestRemainder([Number.MAX_VALUE, Number.MAX_VALUE], 4), [2, 2]);
});

test('a total that grows takes nothing back and stays within two of every share', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(weights, steps, (each, growth) => {
      let before: number[] = [];
      let total = 0;
      for (const step of growth) {
        total += step;
        const after = largestRemainder(each, total, before);
        assert.equal(sum(after), total);
        for (const [index, count] of before.entries()) assert.ok((after[index] ?? 0) >= count);
        for (const [index, share] of shares(each, total).entries()) {
          assert.ok(Math.abs((after[index] ?? 0) - share) < 2, `${after[index]} of ${share} at ${total}`);
        }
        before = after;
      }
    }),
  );
});

test('the Alabama paradox takes nobody away: what was given stays', () => {
  // With 10 seats the third gets 2, with 11 it would get 1.
  const states = [6, 6, 2];
  assert.deepEqual(largestRemainder(states, 10), [4, 4, 2]);
  assert.deepEqual(largestRemainder(states, 11), [5, 5, 1]);
  assert.deepEqual(largestRemainder(states, 11, [4, 4, 2]), [5, 4, 2]);
  assert.deepEqual(largestRemainder(states, 12, [5, 4, 2]), [5, 5, 2], 'the next step makes it good');
});

test('more given already than the total is refused', () => {
  assert.throws(() => largestRemainder([1, 1], 3, [2, 2]), RangeError);
});
