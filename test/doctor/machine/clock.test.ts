import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClock } from '../../../src/doctor/machine/clock.ts';

/** TIME of a Redis whose clock is so much behind this machine's, over a round trip of this length. */
async function look(aheadMs: number, roundTripMs: number) {
  let nowMs = 1_700_000_000_000;
  const time = async () => {
    nowMs += roundTripMs / 2;
    const redisMs = nowMs - aheadMs;
    nowMs += roundTripMs / 2;
    return [String(Math.floor(redisMs / 1_000)), String((redisMs % 1_000) * 1_000)];
  };
  return checkClock(time, () => nowMs);
}

test('clocks that agree within a second and a half are fine', async () => {
  assert.deepEqual(await look(0, 0), { status: 'ok', found: "within 1 ms of Redis' clock" });
  assert.equal((await look(1_500, 0)).status, 'ok');
  assert.equal((await look(-1_500, 0)).status, 'ok');
});

test('clocks that do not are a warning that says which way', async () => {
  assert.match((await look(5_000, 0)).found, /^5\.0 s ahead of/);
  assert.match((await look(-90_000, 0)).found, /^90\.0 s behind/);
  assert.equal((await look(1_501, 0)).status, 'warning');
});

test('what a slow round trip hides is allowed for', async () => {
  assert.equal((await look(2_000, 1_000)).status, 'ok');
  assert.equal((await look(2_001, 1_000)).status, 'warning');
});
