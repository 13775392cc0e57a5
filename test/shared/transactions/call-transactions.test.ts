import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createCallTransactions, type OpenCall } from '../../../src/shared/transactions/call-transactions.ts';
import { createTransactionalCache } from '../../../src/shared/transactions/transactional.ts';
import { connect, testPrefix } from '../../support/redis.ts';

const NOTHING = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
const USED = { promptTokens: 10, cachedTokens: 4, completionTokens: 2 };
const FAILURE = { reason: 'refusal', message: 'the model refused', attempts: 1, paused: false };

async function store(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const calls = createCallTransactions(redis, keys, 'sim');
  const open = (changes: Partial<OpenCall> = {}) =>
    calls.open({
      eventKey: 'part',
      within: 'whole',
      attemptsAllowed: 2,
      countAttempt: true,
      counter: 'calls',
      ...changes,
    });
  return {
    redis,
    key: keys.simulation('sim'),
    calls,
    open,
    cache: createTransactionalCache(redis, keys, 'sim'),
  };
}

test('attempts are counted before their calls and end; a call that goes on with one counts none', async (t) => {
  const { open, calls } = await store(t);
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
  assert.deepEqual(await open({ countAttempt: false, counter: 'repairCalls' }), {
    code: 'opened',
    attempts: 1,
  });
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
  assert.deepEqual(await open(), { code: 'attempts-spent', attempts: 2 });
  assert.deepEqual(await open({ countAttempt: false }), { code: 'opened', attempts: 2 });
  const { calls: generated, repairCalls } = await calls.usage();
  assert.deepEqual([generated, repairCalls], [3, 1]);
});

test('what is stored or has failed opens no call, and a result is the first one', async (t) => {
  const { open, calls, cache } = await store(t);
  await open();
  assert.deepEqual(await calls.record('part', { a: [] }, USED), { outcome: 'recorded', value: { a: [] } });
  assert.deepEqual(await open(), { code: 'recorded', value: { a: [] } });
  assert.deepEqual(await calls.record('part', 'late', USED), { outcome: 'replayed', value: { a: [] } });
  assert.deepEqual(await cache.peek('part'), { a: [] });
  assert.deepEqual(await calls.usage(), {
    calls: 1,
    repairCalls: 0,
    promptTokens: 20,
    cachedTokens: 8,
    completionTokens: 4,
  });
  await calls.fail('whole', { failed: 'other', failure: FAILURE, used: NOTHING });
  assert.deepEqual(await open({ eventKey: 'other' }), { code: 'failed' });
});

test('a failure stands until it is cleared or a result is there, and gives all attempts back', async (t) => {
  const { open, calls, redis, key } = await store(t);
  await open();
  await open();
  assert.equal(await calls.fail('whole', { failed: 'part', failure: FAILURE, used: USED }), 'failed');
  assert.deepEqual(await calls.failure('whole'), FAILURE);
  assert.equal((await calls.usage()).promptTokens, USED.promptTokens);
  await calls.clearFailure('whole');
  assert.equal(await calls.failure('whole'), undefined);
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });

  await calls.fail('whole', { failed: 'part', failure: FAILURE, used: NOTHING });
  await calls.record('whole', 1, NOTHING);
  assert.equal(await calls.failure('whole'), undefined);
  assert.equal(await calls.fail('whole', { failed: 'part', failure: FAILURE, used: NOTHING }), 'recorded');
  assert.equal(await calls.failure('whole'), undefined);
  assert.equal(await redis.hget(key.transactionCounters, 'failed'), '2');
});

test('a call left open keeps its tokens counted and may give its attempt back, never more than it took', async (t) => {
  const { open, calls } = await store(t);
  await open();
  for (let time = 0; time < 3; time += 1) {
    await calls.leave('part', { returnAttempt: true, used: USED });
  }
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
  await calls.leave('part', { returnAttempt: false, used: NOTHING });
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
  assert.equal((await calls.usage()).promptTokens, 30);
});

test('a call that was never sent is taken back by its counter', async (t) => {
  const { open, calls } = await store(t);
  await open();
  await open({ countAttempt: false, counter: 'repairCalls' });
  await calls.leave('part', { returnAttempt: false, unsent: 'repairCalls', used: NOTHING });
  const { calls: generated, repairCalls } = await calls.usage();
  assert.deepEqual([generated, repairCalls], [1, 0]);
});

test('an attempt is given back ten times at most until the transaction is settled', async (t) => {
  const { open, calls } = await store(t);
  const cutOff = async () => {
    await open();
    await calls.leave('part', { returnAttempt: true, used: NOTHING });
  };
  for (let time = 1; time <= 11; time += 1) await cutOff();
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
  await calls.fail('whole', { failed: 'part', failure: FAILURE, used: NOTHING });
  await calls.clearFailure('whole');
  await cutOff();
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
});

test('asking counts hits and misses, peeking does not', async (t) => {
  const { calls, cache } = await store(t);
  assert.equal(await cache.ask('whole'), undefined);
  assert.equal(await cache.peek('whole'), undefined);
  await calls.record('whole', 1, NOTHING);
  assert.equal(await cache.peek('whole'), 1);
  assert.equal(await cache.ask('whole'), 1);
  assert.deepEqual(await cache.counts(), { hits: 1, misses: 1 });
});
