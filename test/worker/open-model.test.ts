import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/shared/config.ts';
import { loadModelProfiles } from '../../src/shared/models/model-profiles.ts';
import { createLogger } from '../../src/shared/telemetry/logger.ts';
import { noTracing } from '../../src/shared/telemetry/tracing.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { openModel } from '../../src/worker/open-model.ts';
import { until } from '../support/until.ts';
import { plannedSlots } from './planned-slots.ts';

/** Slots that a worker's own gateway and limiter generate, against a simulator. */
async function generating(
  t: TestContext,
  simulated: Partial<SimulatorOptions> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const slots = await plannedSlots(t, { populationSize: 8, attempts: 2 });
  const simulator = await startSimulator({ completionScale: 0, ...simulated });
  t.after(() => simulator.stop());
  const config = loadConfig({ OPENAI_BASE_URL: simulator.url, OPENAI_API_KEY: 'sk-test', ...env });
  const draining = new AbortController();
  const model = openModel({
    config,
    redis: slots.redis,
    keys: slots.keys,
    profiles: loadModelProfiles(config),
    stopping: draining.signal,
    backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
    metrics: slots.metrics,
    tracing: noTracing,
    logger: createLogger('silent'),
  });
  t.after(() => model.stop());
  return {
    ...slots,
    simulator,
    model,
    draining,
    run: (slot: number) => slots.run(slot, model, { stopping: draining.signal }),
  };
}

test('what the ledger says of a population is what the provider counted', async (t) => {
  const { run, model, status, simulator } = await generating(t, {
    faults: { invalid_json: 0.2, server_error: 0.2 },
  });
  const outcomes = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(run));
  await model.stop();
  const spent = await status();
  const stats = simulator.stats();
  assert.equal(spent.committed + spent.failed, 8, outcomes.join());
  assert.ok(stats.calls > 8, 'some calls met a fault');
  assert.equal(spent.calls + spent.repairCalls, stats.calls);
  assert.deepEqual(
    [spent.promptTokens, spent.cachedTokens, spent.completionTokens],
    [stats.tokens.prompt, stats.tokens.cached, stats.tokens.completion],
  );
  assert.deepEqual([spent.inFlight, spent.lostCalls], [0, 0]);
});

test('a worker that stops while its slots wait for rate has spent one attempt for each call that was made', async (t) => {
  const { run, model, draining, status, simulator, redis, key } = await generating(
    t,
    {},
    { PERSONA_FLEET_RPM: '1' },
  );
  const running = [0, 1, 2].map(run);
  await until('a committed person', async () => (await status()).committed === 1);
  draining.abort();
  assert.deepEqual((await Promise.all(running)).toSorted(), ['committed', 'left', 'left']);
  assert.equal(await redis.exists(key.attempts, key.reservations), 0);
  await model.stop();
  assert.equal(simulator.stats().calls, 1);
  const { calls, inFlight } = await status();
  assert.deepEqual([calls, inFlight], [1, 0]);
});

test('a key that is refused pauses the fleet: whatever comes afterwards is paused for it without a call', async (t) => {
  const { run, status, populations, id, simulator } = await generating(t, { apiKey: 'sk-other' });
  assert.equal(await run(0), 'left');
  assert.match((await status()).reason, /refuses the API key/);
  await populations.resume(id);
  assert.equal(await run(1), 'left');
  assert.match((await status()).reason, /fleet is paused.*refuses the API key/);
  assert.equal(simulator.stats().calls, 1);
});
