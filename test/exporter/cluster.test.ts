import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openJobQueue } from '../../src/producer/job-queue.ts';
import { queueNameOf } from '../../src/shared/jobs.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { connectRedis } from '../../src/shared/redis.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { readExposition, valuesOf } from './exposition.ts';
import { startedExporter } from './started-exporter.ts';

const ID = 'ab12ab12ab12ab12ab12ab12';

test('on a cluster the populations of all nodes are seen, and the memory of all of them', async (t) => {
  const cluster = await startCluster();
  t.after(() => cluster.stop());
  const keys = createKeys('pf');
  const redis = await connectRedis(cluster.url, 'patient');
  t.after(() => redis.disconnect());
  const simulations = Array.from({ length: 8 }, (_, index) => `town-${index}`);
  for (const simulation of simulations) {
    const encode = () => ({ state: '{}', digest: 'cd34cd34cd34cd34' });
    await createPopulations(redis, keys, simulation).define({ id: ID, size: 2, encode, labels: {} });
    const slots = createSlotTransactions(redis, keys, simulation, ID);
    assert.equal((await slots.commit(0, { name: 'Ann Lee', payload: Buffer.from('a') })).code, 'committed');
  }
  const serving = await Promise.all(
    simulations.map((simulation) => cluster.primaryOf(keys.simulation(simulation).names)),
  );
  assert.ok(new Set(serving).size > 1, 'they lie on several nodes');
  const jobs = openJobQueue({
    redisUrl: cluster.url,
    queueName: queueNameOf('m'),
    queuePrefix: keys.queuePrefix,
    purpose: 'fail-fast',
    onError: () => {},
  });
  t.after(() => jobs.stop());
  await jobs.add({ simulation: 'town-0', population: ID, stateDigest: 'cd34cd34cd34cd34' }, [[0, 2]]);

  const { get } = await startedExporter(t, { redisUrl: cluster.url, keys });
  const series = readExposition((await get('/metrics')).text);
  assert.equal(valuesOf(series, 'redis_up')[''], 1);
  assert.equal(valuesOf(series, 'people_committed_total')[''], 8);
  assert.equal(valuesOf(series, 'names')[''], 8);
  assert.equal(valuesOf(series, 'queue_jobs', 'queue', 'state')['persons waiting'], 1);
  const used = await Promise.all(
    cluster.primaries.map(async (node) =>
      Number(/^used_memory:(\d+)/m.exec(await node.redis.info('memory'))?.[1] ?? Number.NaN),
    ),
  );
  const memory = valuesOf(series, 'redis_memory_used_bytes')[''] ?? 0;
  assert.ok(memory > Math.max(...used) * 1.5, `${memory} of ${used.join(', ')}`);
  assert.equal((await get('/queues/api/queues')).status, 200);
  assert.equal((await get('/readyz')).status, 200);
});
