import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorkerMetrics } from '../../src/shared/telemetry/metrics.ts';
import { countedDelay } from '../../src/worker/counted-delay.ts';

test('a wait counts when it has ended, and no more than it took', async () => {
  const { modelWaitSeconds } = createWorkerMetrics();
  const waited = async () => (await modelWaitSeconds.get()).values[0]?.value ?? Number.NaN;
  const stopping = new AbortController();
  const startedMs = performance.now();
  const waiting = countedDelay(3_600_000, stopping.signal, { modelWaitSeconds });
  assert.equal(await waited(), 0);
  stopping.abort();
  await waiting;
  const tookS = (performance.now() - startedMs) / 1000;
  const countedS = await waited();
  assert.ok(countedS > 0 && countedS <= tookS, `${countedS} of ${tookS} s`);
});
