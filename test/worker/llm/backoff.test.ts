import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from '../../../src/worker/llm/backoff.ts';

const HIGHEST = 1 - 2 ** -53;
const backoff = (random: number) => ({ baseMs: 500, maxMs: 30_000, random: () => random });

test('the ceiling doubles with each failure in a row, up to the longest backoff', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 100, 10_000].map((failures) =>
    Math.round(backoffMs(backoff(HIGHEST), failures)),
  );
  assert.deepEqual(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
});

test('the jitter is full: from nothing to the ceiling', () => {
  assert.equal(backoffMs(backoff(0), 5), 0);
  assert.equal(backoffMs(backoff(0.5), 5), 4_000);
});

test('what the provider asked for is a floor, with the jitter on top, also past the longest backoff', () => {
  assert.equal(backoffMs(backoff(0), 1, 5_000), 5_000);
  assert.equal(backoffMs(backoff(0.5), 1, 5_000), 5_250);
  assert.equal(backoffMs(backoff(0.5), 1, 300_000), 300_250);
  assert.equal(backoffMs(backoff(0.5), 1, undefined), 250);
});

test('it is a finite time between the floor and the floor plus the longest backoff, whatever the numbers', () => {
  const property = fc.property(
    fc.nat(10_000),
    fc.nat(100_000),
    fc.double({ min: 0, max: HIGHEST, noNaN: true }),
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.nat(3_600_000),
    (baseMs, maxMs, random, failures, floorMs) => {
      const waitMs = backoffMs({ baseMs, maxMs, random: () => random }, failures, floorMs);
      assert.ok(waitMs >= floorMs && waitMs <= floorMs + maxMs, `${waitMs}`);
    },
  );
  fc.assert(property);
});
