import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createCallTransactions, type OpenCall } from '../../../src/shared/transactions/call-transactions.ts';
import { createTransactionalCache } from '../../../src/shared/transactions/transactional.ts';
import { connect, testPrefix } from '../../support/redis.ts';

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

test('attempts are counted before their calls and end; a repair counts none', async (t) => {
  const { open } = await store(t);
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
  assert.deepEqual(await open({ countAttempt: false }), { code: 'opened', attempts: 1 });
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
  assert.deepEqual(await open(), { code: 'attempts-spent', attempts: 2 });
  assert.deepEqual(await open({ countAttempt: false }), { code: 'opened', attempts: 2 });
});

test('what is stored or has failed opens no call, and a result is the first one', async (t) => {
  const { open, calls, cache } = await store(t);
  await open();
  assert.deepEqual(await calls.record('part', { a: [] }), { outcome: 'recorded', value: { a: [] } });
  assert.deepEqual(await open(), { code: 'recorded', value: { a: [] } });
  assert.deepEqual(await calls.record('part', 'late'), { outcome: 'replayed', value: { a: [] } });
  assert.deepEqual(await cache.peek('part'), { a: [] });
  await calls.fail('whole', { failed: 'other', failure: FAILURE });
  assert.deepEqual(await open({ eventKey: 'other' }), { code: 'failed' });
});

test('a failure stands until it is cleared or a result is there, and gives all attempts back', async (t) => {
  const { open, calls } = await store(t);
  await open();
  await open();
  assert.equal(await calls.fail('whole', { failed: 'part', failure: FAILURE }), 'failed');
  assert.deepEqual(await calls.failure('whole'), FAILURE);
  await calls.clearFailure('whole');
  assert.equal(await calls.failure('whole'), undefined);
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });

  await calls.fail('whole', { failed: 'part', failure: FAILURE });
  await calls.record('whole', 1);
  assert.equal(await calls.failure('whole'), undefined);
  assert.equal(await calls.fail('whole', { failed: 'part', failure: FAILURE }), 'recorded');
  assert.equal(await calls.failure('whole'), undefined);
});

test('a call left open gives its attempt back, never more than it took', async (t) => {
  const { open, calls } = await store(t);
  await open();
  for (let time = 0; time < 3; time += 1) await calls.leave('part');
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
});

test('a call that came to nothing is taken back, however often', async (t) => {
  const { open, calls } = await store(t);
  for (let time = 0; time < 12; time += 1) {
    assert.deepEqual(await open({ attemptsAllowed: 1 }), { code: 'opened', attempts: 1 });
    await calls.takeBack('part');
  }
});

test('a transaction that was recorded meanwhile gets no attempt again', async (t) => {
  const { open, calls, redis, key } = await store(t);
  await open();
  await calls.record('part', 1);
  await calls.leave('part');
  await calls.takeBack('part');
  assert.equal(await redis.exists(key.transactionAttempts), 0);
});

test('an attempt is given back ten times at most until the transaction is settled', async (t) => {
  const { open, calls } = await store(t);
  const cutOff = async () => {
    await open();
    await calls.leave('part');
  };
  for (let time = 1; time <= 11; time += 1) await cutOff();
  assert.deepEqual(await open(), { code: 'opened', attempts: 2 });
  await calls.fail('whole', { failed: 'part', failure: FAILURE });
  await calls.clearFailure('whole');
  await cutOff();
  assert.deepEqual(await open(), { code: 'opened', attempts: 1 });
});

test('asking counts hits and misses, peeking does not', async (t) => {
  const { calls, cache } = await store(t);
  assert.equal(await cache.ask('whole'), undefined);
  assert.equal(await cache.peek('whole'), undefined);
  await calls.record('whole', 1);
  assert.equal(await cache.peek('whole'), 1);
  assert.equal(await cache.ask('whole'), 1);
  assert.deepEqual(await cache.counts(), { hits: 1, misses: 1 });
});
