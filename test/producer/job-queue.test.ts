import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { type JobTemplate, openJobQueue } from '../../src/producer/job-queue.ts';
import {
  type JobData,
  jobDataSchema,
  jobId,
  planningJobDataSchema,
  queueNameOf,
} from '../../src/shared/jobs.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { testPrefix, testRedisUrl } from '../support/redis.ts';

const TEMPLATE: JobTemplate = {
  simulation: 'sim',
  population: 'ab12ab12ab12ab12ab12ab12',
  stateDigest: 'cd34cd34cd34cd34',
  state: '{}',
};
const OTHER = { ...TEMPLATE, population: 'ef56ef56ef56ef56ef56ef56' };

/** A queue of the test's own, and BullMQ's view of it. */
async function queues(t: TestContext) {
  const redisUrl = await testRedisUrl();
  const { queuePrefix } = createKeys(testPrefix(t));
  const jobs = openJobQueue({
    redisUrl,
    queuePrefix,
    purpose: 'fail-fast',
    queueName: queueNameOf('m'),
    onError: () => {},
  });
  const bull = new Queue<JobData>(queueNameOf('m'), { connection: { url: redisUrl }, prefix: queuePrefix });
  t.after(async () => {
    await jobs.stop();
    await bull.close();
  });
  /** Takes the first job off the queue, as a worker would. */
  const take = async () => {
    const worker = new Worker<JobData>(queueNameOf('m'), undefined, {
      connection: { url: redisUrl, maxRetriesPerRequest: null },
      prefix: queuePrefix,
      autorun: false,
    });
    t.after(() => worker.close());
    const job = await worker.getNextJob('token', { block: false });
    assert.ok(job);
    return job;
  };
  /** Fails the first job for good, as the error of its last attempt would. */
  const failOne = async () => {
    const job = await take();
    await job.moveToFailed(new UnrecoverableError('for good'), 'token');
    return job;
  };
  return { jobs, bull, take, failOne, redisUrl, queuePrefix };
}

test('a job per shard, with what workers need and under its own id', async (t) => {
  const { jobs, bull } = await queues(t);
  await jobs.add(TEMPLATE, [
    [0, 16],
    [16, 20],
  ]);
  const waiting = (await bull.getWaiting()).toSorted((a, b) => a.data.slots[0] - b.data.slots[0]);
  assert.deepEqual(
    waiting.map(({ id, data }) => [id, data.slots]),
    [
      [jobId('sim', TEMPLATE.population, [0, 16]), [0, 16]],
      [jobId('sim', TEMPLATE.population, [16, 20]), [16, 20]],
    ],
  );
  for (const { data } of waiting) assert.deepEqual(jobDataSchema.parse(data), data);
  assert.equal(waiting[0]?.data.state, '{}');
  assert.equal(await jobs.liveJobs(), 2);
});

test('a shard that is waiting or being worked on is not added again', async (t) => {
  const { jobs, take } = await queues(t);
  const shards = [
    [0, 16],
    [16, 20],
  ] as const;
  await jobs.add(TEMPLATE, shards);
  await take();
  await jobs.add(TEMPLATE, shards);
  await Promise.all([jobs.add(TEMPLATE, shards), jobs.add(TEMPLATE, shards)]);
  assert.equal(await jobs.liveJobs(), 2);
  await jobs.add(OTHER, shards);
  assert.equal(await jobs.liveJobs(), 4);
});

test('a finished job leaves nothing behind, so that its shard can be added again', async (t) => {
  const { jobs, bull, take } = await queues(t);
  await jobs.add(TEMPLATE, [[0, 16]]);
  const job = await take();
  await job.moveToCompleted({ committed: 16, replayed: 0, failed: 0, left: 0 }, 'token');
  assert.deepEqual(await bull.getJobCounts('completed'), { completed: 0 });
  await jobs.add(TEMPLATE, [[0, 16]]);
  assert.equal(await jobs.liveJobs(), 1);
});

test('a failed job blocks its shard until it is removed, for its own population only', async (t) => {
  const { jobs, bull, failOne } = await queues(t);
  await jobs.add(TEMPLATE, [[0, 16]]);
  await failOne();
  await jobs.add(OTHER, [[0, 16]]);
  await failOne();
  assert.deepEqual(await bull.getJobCounts('failed'), { failed: 2 });
  await jobs.add(TEMPLATE, [[0, 16]]);
  assert.equal(await jobs.liveJobs(), 0);

  await jobs.removeFailed({ simulation: 'other', population: TEMPLATE.population });
  assert.deepEqual(await bull.getJobCounts('failed'), { failed: 2 });
  await jobs.removeFailed(TEMPLATE);
  const left = await bull.getFailed();
  assert.deepEqual(
    left.map(({ data }) => data.population),
    [OTHER.population],
  );
  await jobs.add(TEMPLATE, [[0, 16]]);
  assert.equal(await jobs.liveJobs(), 1);
});

const PLANNING = {
  simulation: 'sim',
  eventKey: 'ab12ab12ab12ab12ab12ab12ab12ab12',
  request: {
    operation: 'generatePersonFactories',
    arguments: { count: 2, genericContext: 'A town.', model: 'm' },
  },
} as const;

test('a planning job goes ahead of waiting shards, once however often it is asked for', async (t) => {
  const { jobs, take } = await queues(t);
  await jobs.add(TEMPLATE, [[0, 16]]);
  await jobs.addPlanning(PLANNING);
  await Promise.all([jobs.addPlanning(PLANNING), jobs.addPlanning(PLANNING)]);
  assert.equal(await jobs.liveJobs(), 2);
  const job = await take();
  assert.deepEqual(planningJobDataSchema.parse(job.data), {
    version: 2,
    simulation: 'sim',
    request: PLANNING.request,
  });
  await jobs.addPlanning(PLANNING);
  assert.equal(await jobs.liveJobs(), 2, 'not again while it is being worked on');
});

test('a planning job that failed makes way for the next one, and stays when a population is retried', async (t) => {
  const { jobs, bull, failOne } = await queues(t);
  await jobs.addPlanning(PLANNING);
  await failOne();
  await jobs.removeFailed(TEMPLATE);
  assert.deepEqual(await bull.getJobCounts('failed'), { failed: 1 });
  await jobs.addPlanning(PLANNING);
  assert.equal(await jobs.liveJobs(), 1);
  assert.deepEqual(await bull.getJobCounts('failed'), { failed: 0 });
});

test('many shards go in batches, each once', async (t) => {
  const { jobs } = await queues(t);
  function* shards(): Generator<readonly [number, number]> {
    for (let from = 0; from < 2_500; from += 1) yield [from, from + 1];
  }
  await jobs.add(TEMPLATE, shards());
  assert.equal(await jobs.liveJobs(), 2_500);
});

test('a job that would be larger than a megabyte is refused', async (t) => {
  const { jobs } = await queues(t);
  await assert.rejects(jobs.add({ ...TEMPLATE, state: 'x'.repeat(1_100_000) }, [[0, 1]]), /limit/);
});

test('workers are counted while they are connected', async (t) => {
  const { jobs, redisUrl, queuePrefix } = await queues(t);
  assert.equal(await jobs.workers(), 0);
  const worker = new Worker(queueNameOf('m'), async () => {}, {
    connection: { url: redisUrl, maxRetriesPerRequest: null },
    prefix: queuePrefix,
  });
  await worker.waitUntilReady();
  assert.equal(await jobs.workers(), 1);
  await worker.close();
});

test('stop is safe twice', async (t) => {
  const { jobs } = await queues(t);
  await jobs.add(TEMPLATE, [[0, 1]]);
  await Promise.all([jobs.stop(), jobs.stop()]);
  await jobs.stop();
  await assert.rejects(jobs.add(TEMPLATE, [[1, 2]]));
});
