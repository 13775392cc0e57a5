import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFleet, untilCommitted } from '../support/fleet.ts';
import { connect, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

test('Redis killed and restarted in mid-run: workers and producer go on by themselves, nothing is lost or doubled', async (t) => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  t.after(() => server.stop());
  const fleet = await testFleet(t, { latencyMedianMs: 50 }, { REDIS_URL: server.url });
  const spec = await fleet.spec('outage', { populationSize: 120 });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 30);
  await server.kill();
  const { calls } = fleet.simulator.stats();
  await until('the calls in flight to end', () => fleet.simulator.stats().inFlight === 0);
  await server.restart();
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(120, await fleet.lines('people.jsonl'));
  const repeated = fleet.simulator.stats().calls - 120;
  assert.ok(repeated <= 2 * 8 * 2, `${repeated} repeated calls; ${calls} before the outage`);
});

test('a worker told to stop while Redis is unreachable ends within its bounds', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 50 },
    { REDIS_URL: server.url, PERSONA_FLEET_SHUTDOWN_GRACE_MS: '100' },
  );
  const spec = await fleet.spec('unreachable', { populationSize: 400 });
  await fleet.run('enqueue', spec);
  const worker = fleet.start('worker');
  await untilCommitted(t, fleet, 10);
  await server.kill();
  worker.kill('SIGTERM');
  assert.equal((await worker.ended).code, 0);
});

test('a generate that is killed leaves no worker behind, and the next one finishes', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 60 });
  const spec = await fleet.spec('killed', { populationSize: 120 });
  const args = ['generate', spec, '--workers', '2', '--out', 'people.jsonl'] as const;
  const first = fleet.start(...args);
  await untilCommitted(t, fleet, 20);
  first.kill('SIGKILL');
  await first.ended;
  await until('the orphaned workers to stop', async () => {
    const log = await fleet.workerLog(0).catch(() => '');
    return /worker stopped/.test(log) && /worker stopped/.test(await fleet.workerLog(1));
  });
  const second = await fleet.run(...args);
  assert.equal(second.code, 0, second.stderr);
  await fleet.assertWhole(120, await fleet.lines('people.jsonl'));
});

test('Ctrl-C while Redis is gone ends the producer and its workers within their bounds', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 50 },
    { REDIS_URL: server.url, PERSONA_FLEET_SHUTDOWN_GRACE_MS: '100' },
  );
  const spec = await fleet.spec('gone', { populationSize: 400 });
  const producer = fleet.start('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 10);
  await server.kill();
  await until('the producer to notice', () => /connection to Redis is lost/.test(producer.stderr()));
  producer.kill('SIGINT');
  assert.equal((await producer.ended).code, 130, producer.stderr());
  assert.match(producer.stderr(), /interrupted\. \d+ of 400 people are committed; go on with/);
});

test('a queue that is lost in mid-run is filled again: slots that no job would finish are enqueued by the producer', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 40 });
  const redis = await connect(t);
  const spec = await fleet.spec('lost', { populationSize: 200 });
  const producer = fleet.start('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 20);
  const queueKeys = await redis.keys(`{${fleet.env.PERSONA_FLEET_PREFIX}:queue}:*`);
  assert.ok(queueKeys.length > 10, 'jobs to lose');
  await redis.unlink(...queueKeys);
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(200, await fleet.lines('people.jsonl'));
});
