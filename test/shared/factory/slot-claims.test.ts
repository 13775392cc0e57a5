import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SlotClaims } from '../../../src/shared/factory/slot-claims.ts';

test('successive claims follow one another up to the size', () => {
  const claims = new SlotClaims(5);
  assert.deepEqual(claims.claim(2), [{ from: 0, to: 2 }]);
  assert.deepEqual(claims.claim(3), [{ from: 2, to: 5 }]);
  assert.throws(() => claims.claim(1), /cannot generate 1 more: 0 of the population's 5 slots are left/);
});

test('what is no count is refused and claims nothing', () => {
  const claims = new SlotClaims(5);
  for (const count of [0, -1, 1.5, Number.NaN]) assert.throws(() => claims.claim(count), /whole number/);
  assert.equal(claims.open, 5);
});

test('released slots go first, and a large claim spans what is open', () => {
  const claims = new SlotClaims(10);
  const first = claims.claim(3);
  claims.claim(2);
  claims.release(first);
  assert.equal(claims.open, 8);
  assert.deepEqual(claims.claim(1), [{ from: 0, to: 1 }]);
  assert.deepEqual(claims.claim(4), [
    { from: 1, to: 3 },
    { from: 5, to: 7 },
  ]);
});

test('slots come back lowest first, in whichever order they were released', () => {
  const claims = new SlotClaims(3);
  const [first, second] = [claims.claim(1), claims.claim(1)];
  claims.release(second);
  claims.release(first);
  assert.deepEqual(claims.claim(1), [{ from: 0, to: 1 }]);
});

test('whatever is claimed and released, no slot is held twice and none is lost', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant('release' as const))),
      (steps) => {
        const size = 20;
        const claims = new SlotClaims(size);
        const held: { from: number; to: number }[][] = [];
        for (const step of steps) {
          if (step === 'release') claims.release(held.shift() ?? []);
          else if (step <= claims.open) held.push(claims.claim(step));
        }
        const slots = held
          .flat()
          .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index));
        assert.equal(new Set(slots).size, slots.length);
        assert.ok(slots.every((slot) => slot >= 0 && slot < size));
        assert.equal(claims.open + slots.length, size);
      },
    ),
  );
});
