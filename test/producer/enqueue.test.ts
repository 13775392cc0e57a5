import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type EnqueueOptions, enqueueOpenShards } from '../../src/producer/enqueue.ts';
import { type JobQueue, type JobTemplate, openJobQueue } from '../../src/producer/job-queue.ts';
import { type PlannedPopulation, planPopulation } from '../../src/producer/plan-population.ts';
import type { Shard } from '../../src/producer/shards.ts';
import {
  decodePersonFactoryState,
  type TinyPersonFactoryState,
} from '../../src/shared/factory/person-factory-state.ts';
import { queueNameOf } from '../../src/shared/jobs.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { stoppable } from '../../src/shared/lifecycle.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createResults } from '../../src/shared/transactions/results.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix, testRedisUrl } from '../support/redis.ts';

const stateOf = (populationSize: number): TinyPersonFactoryState => ({
  type: 'TinyPersonFactory',
  version: 1,
  name: 'f',
  simulationId: null,
  context: 'A town.',
  populationSize,
  seed: '7',
  agentParticularities: null,
  names: { locale: null, policy: 'reserved' },
  model: 'm',
  temperature: null,
  attempts: 3,
  onMismatch: 'repair',
  dimensions: [],
});

/** A queue that keeps what it is given. */
function recordingQueue() {
  const added: { template: JobTemplate; shard: Shard }[] = [];
  const queue: JobQueue = stoppable(
    {
      async add(template: JobTemplate, shards: Iterable<Shard>) {
        for (const shard of shards) added.push({ template, shard });
      },
      async removeFailed() {},
      liveJobs: async () => added.length,
      workers: async () => 0,
    },
    async () => {},
  );
  return { queue, added, shards: () => added.map(({ shard }) => shard) };
}

async function town(t: TestContext, size: number) {
  const redis = await connect(t);
  const prefix = testPrefix(t);
  const keys = createKeys(prefix);
  const populations = createPopulations(redis, keys, 'sim');
  const plan = (slots: number) => planPopulation(stateOf(slots), populations, 'sim');
  const planned = await plan(size);
  const results = createResults(redis, keys, 'sim', planned.population);
  const slots = createSlotTransactions(redis, keys, 'sim', planned.population);
  return {
    keys,
    plan,
    planned,
    commit: (slot: number) => slots.commit(slot, { name: `Person ${slot}`, payload: Buffer.from('x') }),
    fail: (slot: number) => slots.fail(slot, { reason: 'refusal', record: '{}' }),
    enqueue: (queue: JobQueue, population: PlannedPopulation, more: Partial<EnqueueOptions> = {}) =>
      enqueueOpenShards(population, {
        queue,
        results,
        shardSize: 10,
        inlineStateBytes: 65_536,
        wanted: { from: 0, to: population.size },
        ...more,
      }),
  };
}

test('every shard of a new population is enqueued, with the state that its digest names', async (t) => {
  const { planned, enqueue } = await town(t, 25);
  const { queue, added, shards } = recordingQueue();
  assert.deepEqual(await enqueue(queue, planned), { shards: 3, openSlots: 25 });
  assert.deepEqual(shards(), [
    [0, 10],
    [10, 20],
    [20, 25],
  ]);
  const [first] = added;
  assert.equal(first?.template.stateDigest, planned.stateDigest);
  const state = decodePersonFactoryState(first?.template.state);
  assert.deepEqual([state.populationSize, state.extents], [25, [25]]);
});

test('only shards with open slots are enqueued; failed slots are not open', async (t) => {
  const { planned, enqueue, commit, fail } = await town(t, 40);
  for (let slot = 0; slot < 10; slot += 1) await commit(slot);
  for (let slot = 10; slot < 20; slot += 1) await (slot % 2 === 0 ? commit(slot) : fail(slot));
  await commit(25);
  const { queue, shards } = recordingQueue();
  assert.deepEqual(await enqueue(queue, planned), { shards: 2, openSlots: 19 });
  assert.deepEqual(shards(), [
    [20, 30],
    [30, 40],
  ]);
});

test('no job goes beyond the slots that are wanted', async (t) => {
  const { planned, enqueue } = await town(t, 40);
  const { queue, shards } = recordingQueue();
  assert.deepEqual(await enqueue(queue, planned, { wanted: { from: 5, to: 23 } }), {
    shards: 3,
    openSlots: 18,
  });
  assert.deepEqual(shards(), [
    [5, 10],
    [10, 20],
    [20, 23],
  ]);
});

test('a population that has grown enqueues what is new, in shards of its own', async (t) => {
  const { planned, plan, enqueue, commit } = await town(t, 25);
  for (let slot = 0; slot < 25; slot += 1) await commit(slot);
  const grown = await plan(40);
  assert.deepEqual([grown.outcome, grown.size, grown.extents], ['grown', 40, [25, 15]]);
  assert.equal(grown.population, planned.population);
  const { queue, shards } = recordingQueue();
  assert.deepEqual(await enqueue(queue, grown), { shards: 2, openSlots: 15 });
  assert.deepEqual(shards(), [
    [25, 35],
    [35, 40],
  ]);
  const fewer = await plan(10);
  assert.deepEqual([fewer.outcome, fewer.size], ['unchanged', 40], 'it never shrinks');
});

test('the state travels in the jobs while all its copies are small enough, else by its digest', async (t) => {
  const { planned, enqueue } = await town(t, 25);
  const bytes = Buffer.byteLength(planned.state);
  for (const [limit, isInline] of [
    [3 * bytes, true],
    [3 * bytes - 1, false],
    [0, false],
  ] as const) {
    const { queue, added } = recordingQueue();
    await enqueue(queue, planned, { inlineStateBytes: limit });
    assert.ok(added.every(({ template }) => 'state' in template === isInline));
  }
});

test('a shard that is enqueued again is the same job, however few of its neighbours are open', async (t) => {
  const { planned, enqueue, commit } = await town(t, 25);
  const inlineStateBytes = 2 * Buffer.byteLength(planned.state);
  const [before, after] = [recordingQueue(), recordingQueue()];
  await enqueue(before.queue, planned, { inlineStateBytes });
  for (let slot = 0; slot < 20; slot += 1) await commit(slot);
  await enqueue(after.queue, planned, { inlineStateBytes });
  assert.deepEqual(after.added, before.added.slice(2));
});

test('enqueuing twice enqueues once, on the real queue, also by producers at the same time', async (t) => {
  const { planned, enqueue, keys } = await town(t, 200);
  const queue = openJobQueue({
    redisUrl: await testRedisUrl(),
    queuePrefix: keys.queuePrefix,
    purpose: 'fail-fast',
    queueName: queueNameOf('m'),
    onError: () => {},
  });
  t.after(() => queue.stop());
  assert.deepEqual(await enqueue(queue, planned), { shards: 20, openSlots: 200 });
  assert.equal(await queue.liveJobs(), 20);
  await Promise.all([enqueue(queue, planned), enqueue(queue, planned), enqueue(queue, planned)]);
  assert.equal(await queue.liveJobs(), 20);
});
