import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLatency } from '../../../src/doctor/redis/latency.ts';

/** A server whose round trips take these times in turn. */
function server(timesMs: readonly number[]) {
  let clockMs = 0;
  let pings = 0;
  return {
    ping: async () => {
      clockMs += timesMs[pings % timesMs.length] ?? 0;
      pings += 1;
    },
    nowMs: () => clockMs,
  };
}

test('the median counts, so that one slow reply is no alarm', async () => {
  const { ping, nowMs } = server([0.4, 0.4, 0.4, 0.4, 900]);
  assert.deepEqual(await checkLatency(ping, nowMs), {
    status: 'ok',
    found: '0.40 ms a round trip (median of 21, slowest 900 ms)',
  });
});

test('a distant server is a warning that says what it costs each person', async () => {
  const { ping, nowMs } = server([20]);
  const { status, found, advice } = await checkLatency(ping, nowMs);
  assert.equal(status, 'warning');
  assert.match(found, /^20 ms a round trip/);
  assert.match(advice ?? '', /100 ms beside the model's time/);
});
