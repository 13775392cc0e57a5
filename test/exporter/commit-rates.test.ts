import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CommitRates, createCommitHistory } from '../../src/exporter/commit-rates.ts';

const START_MS = 1_700_000_000_000;

/** Looks at one population that has committed so many at these seconds; the rates after the last look. */
function seen(...looks: readonly (readonly [seconds: number, committed: number | undefined])[]): CommitRates {
  const history = createCommitHistory();
  let rates: CommitRates = { total: undefined, of: () => undefined };
  for (const [seconds, committed] of looks) {
    const counts = new Map(committed === undefined ? [] : [['a', committed]]);
    rates = history.note(START_MS + seconds * 1_000, counts);
  }
  return rates;
}

test('the first look knows no rate, and neither does one that follows at once', () => {
  assert.equal(seen([0, 100]).of('a'), undefined);
  assert.equal(seen([0, 100]).total, undefined);
  assert.equal(seen([0, 100], [1, 110]).of('a'), undefined);
});

test('after a start the rate is that of the time since, and what there was before is no gain', () => {
  const rates = seen([0, 1_000], [5, 1_010]);
  assert.equal(rates.of('a'), 2);
  assert.equal(rates.total, 2);
});

test('a population that nobody has seen has no rate', () => {
  assert.equal(seen([0, 1], [5, 1]).of('b'), undefined);
});

for (const everySeconds of [1, 5, 10, 15, 30, 60]) {
  test(`looked at every ${everySeconds} s, a steady rate is that rate, and one that ended is 0 after a minute`, () => {
    const times = Array.from({ length: Math.ceil(300 / everySeconds) }, (_, look) => look * everySeconds);
    const steady = seen(...times.map((seconds) => [seconds, seconds * 3] as const));
    assert.ok(Math.abs((steady.of('a') ?? 0) - 3) < 1e-9);
    const ended = times.map((seconds) => [seconds, Math.min(seconds, 100) * 3] as const);
    assert.equal(seen(...ended).of('a'), 0);
  });
}

test('looks that come a little late still reach over the minute', () => {
  assert.equal(seen([0, 0], [61.5, 123]).of('a'), 2);
});

test('after a silence of minutes there is no rate until one has looked for a while again', () => {
  assert.equal(seen([0, 0], [300, 3_000]).of('a'), undefined);
  assert.equal(seen([0, 0], [300, 3_000], [310, 3_020]).of('a'), 2);
});

test('a population that appears has gained all it has', () => {
  assert.equal(seen([0, undefined], [10, 20]).of('a'), 2);
});

test('a count that falls is no gain, and what comes on top of it is', () => {
  const failedOver = seen([0, 500_000], [5, 500_020], [10, 500_010]);
  assert.equal(failedOver.of('a'), 2);
  assert.equal(failedOver.total, 2);
  const wentOn = seen([0, 500_000], [5, 500_020], [10, 500_010], [15, 500_020]);
  assert.equal(wentOn.of('a'), 2);
  const generatedAnew = seen([0, 500], [5, 510], [10, 0], [15, 20]);
  assert.equal(generatedAnew.of('a'), 2);
});

test('a population that is missing from a look, or from the first one of the minute, does not jump', () => {
  assert.equal(seen([0, 5_000], [5, undefined], [10, 5_020]).of('a'), 2);
  const times = Array.from({ length: 20 }, (_, look) => look * 5);
  const missing = times.map((at) => [at, at % 15 === 0 ? undefined : 5_000 + at] as const);
  assert.equal(seen([0, 5_000], ...missing.slice(1), [100, 5_100]).of('a'), 1);
});

test('one that was forgotten is no loss', () => {
  const rates = seen([0, 500], [10, undefined]);
  assert.equal(rates.of('a'), undefined);
  assert.equal(rates.total, 0);
});

test('when the clock is set back, the watch begins anew', () => {
  assert.equal(seen([100, 0], [110, 20], [50, 30]).of('a'), undefined);
  assert.equal(seen([100, 0], [110, 20], [50, 30], [60, 40]).of('a'), 1);
});

test('however one looks, a rate is that of what was gained within the last minute', () => {
  const step = fc.record({ seconds: fc.double({ min: 0.1, max: 40, noNaN: true }), gain: fc.nat(1_000) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 60 }), (steps) => {
      let seconds = 0;
      let committed = 0;
      const looks = steps.map((one): [number, number] => {
        seconds += one.seconds;
        committed += one.gain;
        return [seconds, committed];
      });
      const rate = seen(...looks).of('a');
      if (rate === undefined) return;
      // Some look of the last 63 s is what it is measured against.
      const [lastSeconds, last] = looks.at(-1) ?? [0, 0];
      const bases = looks.filter(([at]) => lastSeconds - at <= 63 && at < lastSeconds);
      assert.ok(
        bases.some(([at, count]) => Math.abs((last - count) / (lastSeconds - at) - rate) < 1e-3 * (rate + 1)),
        `${rate} of ${JSON.stringify(looks)}`,
      );
    }),
  );
});

test('looking ten times a second, of which not every look is kept, changes nothing about the rate', () => {
  const looks = Array.from({ length: 2_000 }, (_, look) => [look / 10, look] as const);
  assert.ok(Math.abs((seen(...looks).of('a') ?? 0) - 10) < 1e-9);
});
