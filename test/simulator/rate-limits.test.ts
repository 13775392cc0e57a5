import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ApiError } from '../../src/simulator/openai-errors.ts';
import { createRateLimits, formatReset } from '../../src/simulator/rate-limits.ts';
import { RateWindow } from '../../src/simulator/rate-window.ts';

type Limits = { rpm?: number | undefined; tpm?: number | undefined };

/** Limits as the server keeps them, and what a test asks of them. */
function limitsOf(given: Limits, windowMs = 60_000) {
  const settings = { current: { ...given, rateLimitHeaders: true } };
  const limits = createRateLimits(settings, windowMs);
  return {
    ...limits,
    settings,
    /** Admits the call unless it is refused. */
    ask(nowMs: number, tokens: number): ApiError | undefined {
      const refusal = limits.refusal(nowMs, tokens, 'm');
      if (refusal === undefined) limits.admit(nowMs, tokens);
      return refusal;
    },
    remaining: (nowMs: number, unit: string) => limits.headers(nowMs)[`x-ratelimit-remaining-${unit}`],
  };
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

test('places stay what they are while old entries are dropped', () => {
  const window = new RateWindow(100);
  const places: number[] = [];
  for (let now = 0; now < 5000; now++) {
    places.push(window.add(now, 1));
    window.amend(places[now - 50] ?? -1, 2);
    if (now >= 150) assert.equal(window.sum(now), 50 * 2 + 50);
  }
});

test('the window agrees with a plain sum over all events', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(9)), { maxLength: 3000, size: 'max' }), (steps) => {
      const window = new RateWindow(100);
      const events: { at: number; amount: number }[] = [];
      const places: number[] = [];
      let now = 0;
      for (const [gap, amount] of steps) {
        now += gap;
        places.push(window.add(now, amount));
        events.push({ at: now, amount });
        // One of the last nine is amended, whether it still counts or not.
        const index = Math.max(0, events.length - 1 - amount);
        const [place, event] = [places[index], events[index]];
        if (place === undefined || event === undefined) continue;
        window.amend(place, gap);
        event.amount = gap;
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
        const limits = limitsOf({ rpm: 5, tpm: 100 }, 100);
        const admitted: { at: number; tokens: number }[] = [];
        let now = 0;
        for (const [gap, tokens] of steps) {
          now += gap;
          const refusal = limits.ask(now, tokens);
          if (refusal === undefined) {
            admitted.push({ at: now, tokens });
            continue;
          }
          const waitMs = Number(refusal.headers['retry-after-ms']);
          assert.ok(waitMs > 0 && waitMs <= 100);
          if (refusal.type !== 'requests') continue;
          // One millisecond earlier the oldest of the five was still inside the window.
          assert.ok(admitted.filter((call) => call.at > now + waitMs - 1 - 100).length >= 5);
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
  const limits = limitsOf({ rpm: 10, tpm: 100 });
  assert.equal(limits.ask(0, 60), undefined);
  assert.equal(limits.ask(1, 50)?.type, 'tokens');
  assert.equal(limits.ask(2, 40), undefined);
  assert.equal(limits.remaining(2, 'requests'), '8');
  assert.equal(limits.remaining(2, 'tokens'), '0');
});

test('a call larger than the limit is told so, without a time to come back', () => {
  const refusal = limitsOf({ tpm: 100 }).ask(0, 101);
  assert.match(refusal?.message ?? '', /Request too large.*Limit 100.*Requested 101/);
  assert.equal(refusal?.headers['retry-after-ms'], undefined);
});

test('settled tokens count in the window of their admission, and no longer', () => {
  const limits = limitsOf({ tpm: 100 });
  const place = limits.admit(0, 90);
  limits.admit(30_000, 10);
  limits.settle(place, 20);
  assert.equal(limits.remaining(59_999, 'tokens'), '70');
  assert.equal(limits.remaining(60_000, 'tokens'), '90');
  limits.settle(place, 50);
  assert.equal(limits.remaining(60_000, 'tokens'), '90', 'what has left the window stays outside');
});

test('a limit that is cut, or set later, counts what was admitted before; one that is removed is gone', () => {
  const limits = limitsOf({ rpm: 4 });
  for (let call = 0; call < 3; call++) assert.equal(limits.ask(0, 10), undefined);
  limits.settings.current = { rpm: 2, tpm: 35, rateLimitHeaders: true };
  assert.equal(limits.remaining(1, 'requests'), '0', 'and not -1');
  assert.equal(limits.remaining(1, 'tokens'), '5');
  assert.equal(limits.ask(1, 1)?.headers['retry-after-ms'], '59999');
  limits.settings.current = { rateLimitHeaders: true };
  assert.equal(limits.ask(1, 1000), undefined);
  assert.deepEqual(limits.headers(1), {});
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
