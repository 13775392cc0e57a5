import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import type { CallOutcome, PermitRequest } from '../../../src/worker/llm/limiter.ts';
import type { ExchangeMessage, ExchangeReply } from '../../../src/worker/llm/limiter-exchange.ts';
import { createScopeClient } from '../../../src/worker/llm/limiter-scope.ts';

const REQUEST: PermitRequest = {
  account: 'sim/p',
  kind: 'calls',
  promptTokens: 1,
  completionTokens: 2,
  nanoDollars: undefined,
};
const LOST: CallOutcome = { kind: 'lost' };
const never = new AbortController().signal;

const nothing: ExchangeReply = {
  granted: [],
  refused: [],
  sleepMs: 1_000,
  waitMs: 0,
  waitReason: '',
  budgetWait: false,
};

/** A client whose messages the test answers itself, one after another. */
function scopeClient(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rests = 0;
  const open: { message: ExchangeMessage; answer: PromiseWithResolvers<ExchangeReply> }[] = [];
  const client = createScopeClient({
    exchange: (message) => {
      const answer = Promise.withResolvers<ExchangeReply>();
      open.push({ message, answer });
      return answer.promise;
    },
    freshMs: 10,
    random: () => 0.5,
    now: () => 0,
    logger: createLogger('silent'),
    onExchange: () => {},
    onIdle: () => {
      rests += 1;
    },
  });
  const next = async () => {
    await setImmediate();
    assert.ok(open.length <= 1, 'one exchange at a time');
    return open.shift();
  };
  return {
    client,
    /** How often it was said that nothing is left to do. */
    rests: () => rests,
    /** The message that is waiting for its reply; undefined when nothing was said. */
    next,
    async reply(more: Partial<ExchangeReply> = {}) {
      const exchange = await next();
      assert.ok(exchange !== undefined, 'a message');
      exchange.answer.resolve({ ...nothing, ...more });
      await setImmediate();
      return exchange.message;
    },
    async fail() {
      const exchange = await next();
      exchange?.answer.reject(new Error('Redis is away'));
      await setImmediate();
      return exchange?.message;
    },
    tick: (ms: number) => t.mock.timers.tick(ms),
  };
}

test('a call that comes while others wait for the rate gets in line with their next exchange, within 100 ms', async (t) => {
  const { client, reply, next, tick } = scopeClient(t);
  void client.acquire(REQUEST, never);
  assert.equal((await reply()).asks.length, 1);
  void client.acquire(REQUEST, never);
  assert.equal(await next(), undefined);
  tick(99);
  assert.equal(await next(), undefined);
  tick(1);
  assert.equal((await reply()).asks.length, 2);
  tick(999);
  assert.equal(await next(), undefined);
  tick(1);
  assert.equal((await reply()).asks.length, 2, 'it is heard of every second');
});

test('while a call is in flight the process is heard of every second, and no longer', async (t) => {
  const { client, reply, next, rests, tick } = scopeClient(t);
  const acquiring = client.acquire(REQUEST, never);
  const first = await next();
  const id = first?.message.asks[0]?.id ?? '';
  first?.answer.resolve({ ...nothing, granted: [[id, 0]] });
  const permit = await acquiring;
  for (const number of [2, 3]) {
    tick(999);
    assert.equal(await next(), undefined);
    tick(1);
    const { asks, settlements, ...message } = await reply();
    assert.deepEqual([asks, settlements], [[], []]);
    assert.deepEqual([message.number, message.confirmed], [number, number - 1]);
  }
  assert.equal(rests(), 0);
  void permit.settle(LOST);
  assert.equal((await reply()).settlements.length, 1);
  assert.equal(rests(), 1);
  tick(10_000);
  assert.equal(await next(), undefined);
});

test('while calls wait for the rate an answer is told with their next exchange, and a failure at once', async (t) => {
  const { client, reply, next, tick } = scopeClient(t);
  const permits = [client.acquire(REQUEST, never), client.acquire(REQUEST, never)];
  const asked = await next();
  assert.ok(asked !== undefined);
  const granted = asked.message.asks.map(({ id }): [string, number] => [id, 0]);
  void client.acquire(REQUEST, never);
  asked.answer.resolve({ ...nothing, granted });
  await reply(); // the third call gets in line
  const [answering, failing] = await Promise.all(permits);
  const usage = { promptTokens: 1, cachedTokens: 0, cacheWriteTokens: 0, completionTokens: 1 };
  void answering?.settle({ kind: 'answered', usage, nanoDollars: 0, latencyMs: 1 });
  assert.equal(await next(), undefined);
  tick(100);
  assert.equal((await reply()).settlements.length, 1);
  void failing?.settle(LOST);
  assert.equal((await reply()).settlements.length, 1);
});

test('while calls wait for a budget another one asks at once', async (t) => {
  const { client, reply } = scopeClient(t);
  void client.acquire(REQUEST, never);
  await reply({ budgetWait: true });
  void client.acquire(REQUEST, never);
  assert.equal((await reply()).asks.length, 2);
});

test('what comes while an exchange is under way is said with the next, all of it', async (t) => {
  const { client, reply } = scopeClient(t);
  const first = client.acquire(REQUEST, never);
  const second = client.acquire(REQUEST, never);
  const { asks } = await reply();
  assert.equal(asks.length, 2);
  void client.stop();
  await Promise.all([first, second].map((call) => assert.rejects(call)));
  const { cancelled } = await reply();
  assert.deepEqual(
    cancelled,
    asks.map(({ id }) => id),
  );
});

test('what was not confirmed is said again, in a message of its own number, until it is', async (t) => {
  const { client, reply, fail, tick, next } = scopeClient(t);
  const acquiring = client.acquire(REQUEST, never);
  const exchange = await next();
  const id = exchange?.message.asks[0]?.id ?? '';
  exchange?.answer.resolve({
    granted: [[id, 0]],
    refused: [],
    sleepMs: 1_000,
    waitMs: 0,
    waitReason: '',
    budgetWait: false,
  });
  const permit = await acquiring;
  let isTaken = false;
  void permit.settle(LOST).then(() => {
    isTaken = true;
  });
  const numbers: (number | undefined)[] = [];
  for (let time = 0; time < 3; time += 1) {
    const message = await fail();
    assert.deepEqual(message?.settlements, [{ id, outcome: LOST }]);
    numbers.push(message?.number);
    assert.equal(isTaken, false);
    tick(1_000);
  }
  const { settlements, number } = await reply();
  assert.deepEqual(settlements, [{ id, outcome: LOST }]);
  assert.deepEqual([...numbers, number], [2, 3, 4, 5]);
  assert.equal(isTaken, true);
  assert.equal(await next(), undefined, 'and never again');
});

test('a refusal that this version does not know ends the call and says so', async (t) => {
  const { client, reply, tick } = scopeClient(t);
  const acquiring = client.acquire(REQUEST, never);
  const refused = assert.rejects(acquiring, /refused a call with "of a later version"/);
  const [{ id = '' } = {}] = (await reply()).asks;
  tick(1_000);
  await reply({ refused: [[id, 'of a later version']] });
  await refused;
});

test('stop is over after two seconds, whatever Redis does', async (t) => {
  const { client, next, tick } = scopeClient(t);
  const acquiring = client.acquire(REQUEST, never);
  await next(); // never answered
  const stopped = client.stop();
  await assert.rejects(acquiring, { name: 'CallAbortedError' });
  tick(2_000);
  await stopped;
});
