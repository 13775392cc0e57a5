import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '../../src/shared/keys.ts';
import { startWorkers, testFleet, untilCommitted } from '../support/fleet.ts';
import { connect } from '../support/redis.ts';
import { until } from '../support/until.ts';

const CONCURRENCY = 8;

test('workers killed five times in one run: all people, once each, and no more calls than were in flight', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 60 });
  const spec = await fleet.spec('kills', { populationSize: 200 });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const workers = startWorkers(fleet, 3);
  for (let kill = 1; kill <= 5; kill += 1) {
    await untilCommitted(t, fleet, kill * 25);
    const victim = workers.shift();
    assert.ok(victim);
    victim.kill('SIGKILL');
    await victim.ended;
    workers.push(fleet.start('worker'));
  }
  assert.deepEqual(await producer.ended, { code: 0, signal: null }, producer.stderr());
  await fleet.assertWhole(200, await fleet.lines('people.jsonl'));
  const { calls, successfulCalls } = fleet.simulator.stats();
  assert.ok(calls >= 200 && calls <= 200 + 5 * CONCURRENCY, `${calls} calls`);
  assert.ok(successfulCalls <= calls);
  // Those of a killed worker count from the moment they were let through: a kill may fall between that and their sending.
  const status = await fleet.status();
  const counted = (status?.calls ?? 0) + (status?.inFlight ?? 0);
  assert.ok(counted >= calls && counted <= calls + 5 * CONCURRENCY, `${counted} counted, ${calls} made`);
});

test('a worker stopped longer than its lock comes back to find its people committed by others', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 100, latencySigma: 0 });
  const spec = await fleet.spec('frozen', { populationSize: 40 });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const sleeper = fleet.start('worker');
  await untilCommitted(t, fleet, 1);
  sleeper.kill('SIGSTOP');
  fleet.start('worker');
  assert.equal((await producer.ended).code, 0, producer.stderr());
  sleeper.kill('SIGCONT');
  await until('the frozen worker to let go of its jobs', async () => /lock/.test(sleeper.stdout()));
  await fleet.assertWhole(40, await fleet.lines('people.jsonl'));
  sleeper.kill('SIGTERM');
  assert.equal((await sleeper.ended).code, 0);
  await fleet.assertWhole(40, await fleet.lines('people.jsonl'));
});

test('a worker that is told to stop hands its jobs back and ends with 0; another one finishes', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 80 }, { PERSONA_FLEET_SHARD_SIZE: '32' });
  const spec = await fleet.spec('stopped', { populationSize: 130, attempts: 1 });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const first = fleet.start('worker');
  await untilCommitted(t, fleet, 8);
  first.kill('SIGTERM');
  assert.deepEqual(await first.ended, { code: 0, signal: null });
  assert.match(first.stdout(), /job returned to the queue/, first.stdout());
  fleet.start('worker');
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(130, await fleet.lines('people.jsonl'));
  assert.equal(fleet.simulator.stats().calls, 130, 'calls in flight were allowed to finish');
});

test('a stopping worker aborts calls that outlast its grace, and the slot loses no attempt', async (t) => {
  const fleet = await testFleet(
    t,
    { faults: { hang: 1 } },
    { PERSONA_FLEET_SHUTDOWN_GRACE_MS: '50', PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000' },
  );
  const spec = await fleet.spec('aborted', { populationSize: 4, attempts: 1 });
  await fleet.run('enqueue', spec);
  const worker = fleet.start('worker');
  await until('a call in flight', () => fleet.simulator.stats().inFlight > 0);
  worker.kill('SIGTERM');
  assert.deepEqual(await worker.ended, { code: 0, signal: null });
  const status = await fleet.status();
  assert.deepEqual(
    { committed: status?.committed, failed: status?.failed, state: status?.state },
    { committed: 0, failed: 0, state: 'running' },
  );
});

test('slots that stood in line when their worker was killed have spent no attempt', async (t) => {
  const fleet = await testFleet(t, { faults: { hang: 1 } }, { PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000' });
  const spec = await fleet.spec('in-line', { populationSize: 60 });
  await fleet.run('enqueue', spec);
  const worker = fleet.start('worker', '--concurrency', '3');
  await until('all places taken', () => fleet.simulator.stats().inFlight === 3);
  worker.kill('SIGKILL');
  await worker.ended;
  const { attempts } = createKeys(fleet.env.PERSONA_FLEET_PREFIX ?? '')
    .simulation('test')
    .population((await fleet.status())?.population ?? '');
  const redis = await connect(t, fleet.env.REDIS_URL);
  assert.deepEqual(Object.values(await redis.hgetall(attempts)), ['1', '1', '1']);
});

test('a worker that waits for the provider and is told to stop begins no further call', async (t) => {
  const fleet = await testFleet(t, { faults: { rate_limit: 1 }, retryAfter: '600' });
  const spec = await fleet.spec('waiting', { populationSize: 60 });
  await fleet.run('enqueue', spec);
  const worker = fleet.start('worker');
  await until('a refusal', () => fleet.simulator.stats().tooManyRequests > 0);
  worker.kill('SIGTERM');
  assert.deepEqual(await worker.ended, { code: 0, signal: null });
  assert.ok(fleet.simulator.stats().calls <= CONCURRENCY);
  const status = await fleet.status();
  assert.deepEqual([status?.committed, status?.failed], [0, 0]);
});
