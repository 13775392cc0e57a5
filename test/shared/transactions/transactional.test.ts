import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createTransactionalCache } from '../../../src/shared/transactions/transactional.ts';
import { connect, testPrefix } from '../../support/redis.ts';

async function cacheOf(t: TestContext) {
  return createTransactionalCache(await connect(t), createKeys(testPrefix(t)), 'sim');
}

test('runs once per operation and arguments, and replays an equal result', async (t) => {
  const cache = await cacheOf(t);
  let runs = 0;
  const plan = () => cache.transactional('plan', { b: [1], a: 'x' }, async () => ({ run: ++runs, list: [] }));
  assert.deepEqual(await plan(), { run: 1, list: [] });
  assert.deepEqual(await plan(), { run: 1, list: [] });
  const sameArguments = await cache.transactional('plan', { a: 'x', b: [1] }, async () => 'not run');
  assert.deepEqual(sameArguments, { run: 1, list: [] });
  assert.deepEqual(
    await cache.counts(),
    { hits: 0, misses: 0 },
    'whoever does the work has not asked for it',
  );
});

test('other operations and other arguments are other transactions', async (t) => {
  const cache = await cacheOf(t);
  assert.equal(await cache.transactional('plan', 1, async () => 'a'), 'a');
  assert.equal(await cache.transactional('plan', 2, async () => 'b'), 'b');
  assert.equal(await cache.transactional('names', 1, async () => 'c'), 'c');
});

test('of two callers at the same time both get the result that was stored first', async (t) => {
  const cache = await cacheOf(t);
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  const call = (answer: string) =>
    cache.transactional('plan', 1, async () => {
      arrived += 1;
      if (arrived === 2) both.resolve();
      await both.promise;
      return answer;
    });
  const [first, second] = await Promise.all([call('one'), call('two')]);
  assert.equal(first, second);
});

test('an error is not stored', async (t) => {
  const cache = await cacheOf(t);
  await assert.rejects(
    cache.transactional('plan', 1, async () => {
      throw new Error('no answer');
    }),
    /no answer/,
  );
  assert.equal(await cache.transactional('plan', 1, async () => 'second try'), 'second try');
});
