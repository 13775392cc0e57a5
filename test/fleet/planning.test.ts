import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { loadConfig, openFleet, UserError } from '../../src/index.ts';
import { planDimensions, planFactories } from '../../src/producer/planning.ts';
import { openProducerSession } from '../../src/producer/session.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { planningAccount } from '../../src/shared/limits/accounts.ts';
import { createLedger } from '../../src/shared/limits/ledger.ts';
import { createTransactionalCache } from '../../src/shared/transactions/transactional.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { startCli } from '../support/cli-process.ts';
import { type TestFleet, testFleet } from '../support/fleet.ts';
import { connect } from '../support/redis.ts';
import { until } from '../support/until.ts';

const NIGHT_SHIFT = 'Nurses and porters who work nights. More women than men; from 20 to 64.';
const model = 'm';

const open = (fleet: TestFleet) => openFleet({ config: loadConfig(fleet.env), simulation: 'test' });

/** A producer's session on the fleet, closed when the test ends, and what its simulation has stored. */
async function sessionOn(t: TestContext, fleet: TestFleet) {
  const config = loadConfig(fleet.env);
  const redis = await connect(t, config.REDIS_URL);
  const keys = createKeys(config.PERSONA_FLEET_PREFIX);
  const session = openProducerSession({
    redis,
    redisUrl: config.REDIS_URL ?? '',
    keys,
    config,
    simulation: 'test',
  });
  t.after(() => session.stop());
  const stopping = new AbortController();
  return {
    session,
    stopping,
    options: { model, signal: stopping.signal },
    spend: () => createLedger(redis, keys).spendOf(planningAccount('test')),
    cache: createTransactionalCache(redis, keys, 'test'),
  };
}

const described = { samplingSpaceDescription: NIGHT_SHIFT, context: 'A new rota.', dimensions: [] };

test('free text is planned by one call, and by none when the program runs again; stated dimensions win', async (t) => {
  const fleet = await testFleet(t, { completionScale: 1 });
  fleet.start('worker');
  const run = async () => {
    await using opened = await open(fleet);
    const factory = await opened.createFactoryFromSamplingSpace(NIGHT_SHIFT, 40, {
      context: 'A new rota.',
      model,
      dimensions: [{ name: 'Gender', kind: 'values', values: [{ value: 'female', weight: 1 }] }],
    });
    return factory.encodeCompleteState();
  };
  const once = await run();
  const names = once.dimensions.map(({ name }) => name);
  assert.ok(names.includes('age'), names.join());
  assert.deepEqual(
    names.filter((name) => name.toLowerCase() === 'gender'),
    ['Gender'],
  );
  assert.deepEqual(once.dimensions[0]?.kind === 'values' && once.dimensions[0].values.length, 1);
  assert.equal(fleet.simulator.stats().calls, 1);
  assert.deepEqual((await run()).dimensions, once.dimensions);
  assert.equal(fleet.simulator.stats().calls, 1);
});

test('planned factories are populations of their own, with people whose names differ across all of them', async (t) => {
  const fleet = await testFleet(t);
  fleet.start('worker');
  await using opened = await open(fleet);
  const factories = await opened.generatePersonFactories(3, 'Neighbours of a planned tram line.', {
    populationSize: 2,
    model,
  });
  assert.equal(new Set(factories.map(({ context }) => context)).size, 3);
  assert.equal(fleet.simulator.stats().calls, 1);
  const people = await Promise.all(factories.map((factory) => factory.generatePeople()));
  assert.equal(new Set(people.flat().map(({ name }) => name)).size, 6);
});

test('a factory from a demography is bound to the fleet as well, and needs no planning', async (t) => {
  const fleet = await testFleet(t);
  fleet.start('worker');
  await using opened = await open(fleet);
  const factory = await opened.createFactoryFromDemography(
    { gender: { female: '60%', male: '40%' } },
    5,
    'They are asked about a tram.',
    'Neighbours.',
    { model },
  );
  assert.equal((await factory.generatePeople()).length, 5);
  assert.equal(fleet.simulator.stats().calls, 5);
});

test('stopping the fleet rejects what waits for a plan', async (t) => {
  const fleet = await testFleet(t);
  const opened = await open(fleet);
  const waiting = assert.rejects(opened.generatePersonFactories(2, 'A port town.', { model }), {
    exitCode: 130,
    message: /the fleet was stopped/,
  });
  await opened.stop();
  await waiting;
});

test('five producers at the same time get one result of one call', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 100, latencySigma: 0 });
  fleet.start('worker');
  fleet.start('worker');
  const producers = await Promise.all(Array.from({ length: 5 }, () => sessionOn(t, fleet)));
  const plans = await Promise.all(
    producers.map(({ session, options }) => planDimensions(session, described, options)),
  );
  for (const plan of plans) assert.deepEqual(plan, plans[0]);
  assert.equal(fleet.simulator.stats().calls, 1);
  const [first] = producers;
  assert.deepEqual(await first?.cache.counts(), { hits: 0, misses: 5 });
  const spend = await first?.spend();
  assert.deepEqual([spend?.calls, spend?.repairCalls], [1, 0]);
  assert.equal(spend?.completionTokens, fleet.simulator.stats().tokens.completion);
});

test('a planning job goes ahead of a population that waits', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 20 }, { PERSONA_FLEET_CONCURRENCY: '1' });
  const spec = await fleet.spec('waiting', { populationSize: 200, model });
  await fleet.run('enqueue', spec);
  const { session, options } = await sessionOn(t, fleet);
  const planning = planDimensions(session, described, { ...options, onWait: () => fleet.start('worker') });
  assert.ok((await planning).length > 0);
  const { committed = 0 } = (await fleet.status()) ?? {};
  assert.ok(committed < 100, `${committed} people were generated first`);
});

test('answers that stay wrong: bounded calls, exit code 3 with the reason, and a fresh start when it is asked again', async (t) => {
  const fleet = await testFleet(t, { faults: { shallow_lists: 1 } });
  const bad = fleet.start('worker');
  const { session, options, spend } = await sessionOn(t, fleet);
  await assert.rejects(planDimensions(session, described, options), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /failed after 3 attempts \(invalid_plan\): .*neither values nor a range/);
    return true;
  });
  const { calls: generated, repairCalls } = await spend();
  assert.deepEqual([generated, repairCalls, fleet.simulator.stats().calls], [3, 3, 6]);
  bad.kill('SIGTERM');
  await bad.ended;

  const mended = await startSimulator({ completionScale: 0 });
  t.after(() => mended.stop());
  const again = planDimensions(session, described, options);
  startCli(t, ['worker'], { env: { ...fleet.env, OPENAI_BASE_URL: mended.url } });
  assert.ok((await again).length > 0);
  assert.equal(mended.stats().calls, 1);
});

test('no quota left: exit code 4 with the reason, and no attempt spent', async (t) => {
  const fleet = await testFleet(t, { faults: { quota: 1 } });
  fleet.start('worker');
  const { session, options } = await sessionOn(t, fleet);
  for (let run = 1; run <= 4; run += 1) {
    await assert.rejects(planDimensions(session, described, options), {
      exitCode: 4,
      message: /is paused: .*insufficient_quota/,
    });
    assert.equal(fleet.simulator.stats().calls, run);
  }
});

test('a worker killed in its call: another one goes on, and no part that is stored is asked for again', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 150, latencySigma: 0 });
  const { session, options } = await sessionOn(t, fleet);
  const planning = planFactories(session, { count: 60, genericContext: 'A port town.' }, options);
  const victim = fleet.start('worker');
  await until('the second of three parts to be asked for', () => fleet.simulator.stats().calls === 2);
  victim.kill('SIGKILL');
  await victim.ended;
  fleet.start('worker');
  const factories = await planning;
  assert.equal(new Set(factories.map(({ context }) => context)).size, 60);
  assert.equal(new Set(factories.map(({ title }) => title)).size, 60);
  assert.equal(fleet.simulator.stats().calls, 4, 'the part in flight was asked for twice');
});

test('a worker told to stop hands a planning job back without an attempt spent', async (t) => {
  const fleet = await testFleet(
    t,
    { faults: { hang: 1 } },
    { PERSONA_FLEET_SHUTDOWN_GRACE_MS: '50', PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000' },
  );
  const { session, options, stopping } = await sessionOn(t, fleet);
  const planning = planDimensions(session, described, options);
  const interrupted = assert.rejects(planning, { exitCode: 130 });
  for (let run = 1; run <= 4; run += 1) {
    const worker = fleet.start('worker');
    await until('a call in flight', () => fleet.simulator.stats().calls === run);
    worker.kill('SIGTERM');
    assert.deepEqual(await worker.ended, { code: 0, signal: null });
  }
  stopping.abort();
  await interrupted;
});
