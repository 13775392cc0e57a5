import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSimulation } from '../../src/producer/check/check-simulation.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { ACL_LOGIN, aclRule } from '../support/acl-rule.ts';
import { collect } from '../support/collect.ts';
import { startWorkers, testFleet, untilCommitted } from '../support/fleet.ts';
import { connectFleet } from '../support/redis.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { until } from '../support/until.ts';

const keys = createKeys('pft');

test('on a Redis Cluster of three primaries all commands work as on one server, with the rights that the docs list', async (t) => {
  const cluster = await startCluster();
  t.after(() => cluster.stop());
  const rule = await aclRule('pft');
  await Promise.all(cluster.primaries.map(({ redis }) => redis.acl('SETUSER', ...rule)));
  const fleet = await testFleet(t, {}, { REDIS_URL: cluster.url.replace('//', `//${ACL_LOGIN}@`) });
  const used = [keys.simulation('test').names, keys.limits.ledger, `${keys.queuePrefix}:persons:wait`];
  const homes = used.map(cluster.primaryOf);
  assert.ok(new Set(await Promise.all(homes)).size > 1, 'keys lie on several primaries');

  const one = await fleet.spec('one', { populationSize: 40 });
  const generated = await fleet.run('generate', one, '--workers', '2', '--out', 'one.jsonl');
  assert.equal(generated.code, 0, generated.stderr);

  const two = await fleet.spec('two', { populationSize: 40 });
  const workers = startWorkers(fleet, 2);
  fleet.simulator.control({ faults: { refusal: 1 } });
  const enqueued = await fleet.run('enqueue', two, '--json');
  assert.equal(enqueued.code, 0, enqueued.stderr);
  const { population } = JSON.parse(enqueued.stdout);
  assert.equal((await fleet.run('watch', population)).code, 3, 'every slot was refused');
  fleet.simulator.control({ faults: {} });
  const retried = await fleet.run('retry', population, '--json');
  assert.equal(JSON.parse(retried.stdout).reopened, 40, retried.stderr);
  const watched = await fleet.run('watch', population);
  assert.equal(watched.code, 0, watched.stderr);
  const exported = await fleet.run('export', population, '--out', 'two.jsonl');
  assert.equal(exported.code, 0, exported.stderr);
  await fleet.assertWhole(80, await fleet.lines('one.jsonl'), await fleet.lines('two.jsonl'));
  assert.equal((await fleet.status(population))?.state, 'complete');
  await fleet.untilFleet('the model to be listed', ({ scopes }) => scopes.length === 1);
  for (const worker of workers) worker.kill('SIGTERM');
  for (const worker of workers) assert.equal((await worker.ended).code, 0, worker.stderr());
});

for (const [whose, key] of [
  ['the people', keys.simulation('test').names],
  ['the queue', `${keys.queuePrefix}:persons:wait`],
] as const) {
  test(`the primary of a cluster that holds ${whose} dies in mid-run: its replica takes over, nobody is lost or doubled`, async (t) => {
    const cluster = await startCluster({ replicaOf: [0, 1, 2], nodeTimeoutMs: 2_000 });
    t.after(() => cluster.stop());
    const fleet = await testFleet(t, { latencyMedianMs: 100 }, { REDIS_URL: cluster.url });
    const spec = await fleet.spec('failover', { populationSize: 150 });
    const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
    await untilCommitted(t, fleet, 30);
    const home = await cluster.primaryOf(key);
    await home.server.kill();
    await until('a replica to take over', async () => {
      const roles = await Promise.all(cluster.replicas.map(({ redis }) => redis.info('replication')));
      return roles.some((role) => /role:master/.test(role));
    });
    assert.equal((await producer.ended).code, 0, producer.stderr());
    await fleet.assertWhole(150, await fleet.lines('people.jsonl'));
    const redis = await connectFleet(t, cluster.url);
    assert.deepEqual(await collect(checkSimulation(redis, keys, 'test')), []);
  });
}
