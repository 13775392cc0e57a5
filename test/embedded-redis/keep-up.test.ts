import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { hangUp } from '../../src/embedded-redis/greet.ts';
import { keepUp } from '../../src/embedded-redis/keep-up.ts';
import { connect } from '../support/redis.ts';

/** A connection that has not been opened, and so is as good as lost. */
function lostConnection(t: TestContext): Redis {
  const redis = new Redis({ lazyConnect: true });
  t.after(() => hangUp(redis));
  return redis;
}

test('a server that stays away is given up after ten tries, and watched again once it is back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const use = { redis: lostConnection(t) };
  const stopping = new AbortController();
  const givenUp: unknown[] = [];
  let tries = 0;
  const watching = keepUp(use, {
    regain: async () => {
      tries += 1;
      throw new Error(`try ${tries}`);
    },
    givenUp: (error) => givenUp.push(error),
    signal: stopping.signal,
  });
  for (let times = 1; times <= 2; times += 1) {
    while (givenUp.length < times) {
      t.mock.timers.tick(15_000);
      await new Promise(setImmediate);
    }
    assert.equal(tries, 10 * times);
    assert.match(String(givenUp.at(-1)), new RegExp(`try ${10 * times}$`));
    use.redis.emit('ready');
  }
  stopping.abort();
  await watching;
});

test('a lost connection is replaced, and the new one watched in its place', {
  timeout: 60_000,
}, async (t) => {
  const use = { redis: lostConnection(t) };
  const stopping = new AbortController();
  const regained: Redis[] = [];
  const twice = Promise.withResolvers<void>();
  const watching = keepUp(use, {
    regain: async () => {
      const redis = await connect(t);
      await redis.ping();
      regained.push(redis);
      if (regained.length === 2) twice.resolve();
      else setImmediate(() => hangUp(redis));
      return redis;
    },
    givenUp: (error) => assert.fail(String(error)),
    signal: stopping.signal,
  });
  await twice.promise;
  stopping.abort();
  await watching;
  assert.equal(use.redis, regained[1]);
  assert.equal(use.redis.status, 'ready');
});

test('nothing is tried any more once the use has ended', async (t) => {
  await keepUp(
    { redis: lostConnection(t) },
    {
      regain: async () => assert.fail('tried'),
      givenUp: () => assert.fail('given up'),
      signal: AbortSignal.abort(),
    },
  );
});
