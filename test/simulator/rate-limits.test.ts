import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../../src/simulator/openai-errors.ts';
import { createRateLimits, formatReset } from '../../src/simulator/rate-limits.ts';
import { RateWindow } from '../../src/simulator/rate-window.ts';

function refusalOf(call: () => void): ApiError {
  try {
    call();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

test('an amount counts from when it was added until exactly one window later', () => {
  const window = new RateWindow(100);
  window.add(0, 3);
  window.add(50, 4);
  assert.equal(window.sum(99.9), 7);
  assert.equal(window.sum(100), 4);
  assert.equal(window.msUntilEmpty(100), 50);
  assert.equal(window.sum(150), 0);
  assert.equal(window.msUntilEmpty(150), 0);
});

test('the window agrees with a plain sum over all events', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(9)), { maxLength: 3000, size: 'max' }), (steps) => {
      const window = new RateWindow(100);
      const events: { at: number; amount: number }[] = [];
      let now = 0;
      for (const [gap, amount] of steps) {
        now += gap;
        window.add(now, amount);
        events.push({ at: now, amount });
      }
      const expected = events
        .filter((event) => event.at > now - 100)
        .reduce((sum, event) => sum + event.amount, 0);
      assert.equal(window.sum(now), expected);
      const wait = window.msUntilAtMost(5, now);
      assert.ok(window.sum(now + wait) <= 5);
    }),
    { numRuns: 30 },
  );
});

test('no window ever admits more than the limits, and the wait that a 429 names is exact', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 60 })), { maxLength: 200 }),
      (steps) => {
        const limits = createRateLimits({ rpm: 5, tpm: 100, windowMs: 100 });
        const admitted: { at: number; tokens: number }[] = [];
        let now = 0;
        for (const [gap, tokens] of steps) {
          now += gap;
          try {
            limits.admit(now, tokens, 'm');
            admitted.push({ at: now, tokens });
          } catch (error) {
            assert.ok(error instanceof ApiError);
            const waitMs = Number(error.headers['retry-after-ms']);
            assert.ok(waitMs > 0 && waitMs <= 100);
            if (error.type !== 'requests') continue;
            // One millisecond earlier the oldest of the five was still inside the window.
            assert.ok(admitted.filter((call) => call.at > now + waitMs - 1 - 100).length >= 5);
          }
        }
        for (const { at } of admitted) {
          const inside = admitted.filter((call) => call.at > at - 100 && call.at <= at);
          assert.ok(inside.length <= 5);
          assert.ok(inside.reduce((sum, call) => sum + call.tokens, 0) <= 100);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a refused call takes nothing from the window', () => {
  const limits = createRateLimits({ rpm: 10, tpm: 100, windowMs: 60_000 });
  limits.admit(0, 60, 'm');
  assert.equal(refusalOf(() => limits.admit(1, 50, 'm')).type, 'tokens');
  limits.admit(2, 40, 'm');
  assert.equal(limits.headers(2)['x-ratelimit-remaining-requests'], '8');
  assert.equal(limits.headers(2)['x-ratelimit-remaining-tokens'], '0');
});

test('a call larger than the limit is told so, without a time to come back', () => {
  const limits = createRateLimits({ tpm: 100, windowMs: 60_000 });
  const refusal = refusalOf(() => limits.admit(0, 101, 'm'));
  assert.match(refusal.message, /Request too large.*Limit 100.*Requested 101/);
  assert.equal(refusal.headers['retry-after-ms'], undefined);
});

test('resets are written as OpenAI writes them', () => {
  assert.deepEqual([0, 11.2, 999, 1000, 1500, 59_999, 60_000, 360_000, 61_250].map(formatReset), [
    '0ms',
    '12ms',
    '999ms',
    '1s',
    '1.5s',
    '59.999s',
    '1m0s',
    '6m0s',
    '1m1.25s',
  ]);
});
