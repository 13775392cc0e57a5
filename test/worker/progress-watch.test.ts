import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelCall, ModelGateway, ModelRequest } from '../../src/worker/llm/model-call.ts';
import { createProgressWatch } from '../../src/worker/progress-watch.ts';

const request: ModelRequest = {
  model: 'm',
  system: '',
  user: '',
  temperature: null,
  schema: { name: 'n', schema: {} },
  cacheKey: 'k',
  moreRoom: false,
};

const callOf = (begin: ModelCall['begin']): ModelCall => ({
  account: 'a',
  kind: 'calls',
  expected: request,
  begin,
  takeBack: async () => {},
  onUsage: () => {},
});

/** A watch with a limit of 100 ms and a clock of its own, and works that end when they are told to. */
function watching() {
  let nowMs = 1_000;
  let inLine = 0;
  let waitingUntilMs = 0;
  const watch = createProgressWatch({
    stallAfterMs: 100,
    inLine: () => inLine,
    waitingUntilMs: () => waitingUntilMs,
    now: () => nowMs,
  });
  return {
    health: watch.health,
    isHealthy: () => watch.health().healthy,
    /** Tracked work that makes one call of a model. */
    watch: (model: Pick<ModelGateway, 'complete'>) => () =>
      watch.track(() =>
        watch.watch(model).complete(
          callOf(async () => request),
          new AbortController().signal,
        ),
      ),
    standInLine: (count: number) => {
      inLine = count;
    },
    wait: (ms: number) => {
      waitingUntilMs = nowMs + ms;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    begin() {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const tracked = watch.track(() => promise);
      const settled = tracked.catch(() => {});
      return {
        tracked,
        end() {
          resolve('done');
          return settled;
        },
        fail() {
          reject(new Error('lost'));
          return settled;
        },
      };
    },
    /** Tracked work that makes one call, which waits for rate until it is let through. */
    call(begin: () => Promise<ModelRequest | undefined> = async () => request) {
      const rate = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<undefined>();
      const begun = Promise.withResolvers<void>();
      const model = watch.watch({
        async complete(call) {
          await rate.promise;
          if ((await call.begin()) === undefined) return undefined;
          begun.resolve();
          return answer.promise;
        },
      });
      const tracked = watch.track(() => model.complete(callOf(begin), new AbortController().signal));
      const settled = tracked.catch(() => {});
      return {
        tracked,
        letThrough() {
          rate.resolve();
          return begun.promise;
        },
        refuse(error: Error) {
          rate.reject(error);
          return settled;
        },
        answer() {
          answer.resolve(undefined);
          return settled;
        },
      };
    },
  };
}

test('an idle worker is healthy however long it is idle', () => {
  const { isHealthy, pass } = watching();
  pass(1_000_000);
  assert.equal(isHealthy(), true);
});

test('a worker is healthy until the limit has passed without progress', () => {
  const { health, isHealthy, pass, begin } = watching();
  pass(1_000_000);
  begin();
  pass(100);
  assert.equal(isHealthy(), true);
  pass(1);
  assert.deepEqual(health(), {
    healthy: false,
    detail: '1 at work, 0 waiting their turn; last progress 101 ms ago',
    lastProgressMs: 1_001_000,
  });
});

test('work that ends is progress, also when it fails, and the last one leaves the worker idle', async () => {
  const { isHealthy, pass, begin } = watching();
  const [one, other, last] = [begin(), begin(), begin()];
  pass(90);
  await one.end();
  pass(90);
  await other.fail();
  pass(90);
  assert.equal(isHealthy(), true);
  pass(11);
  assert.equal(isHealthy(), false);
  await last.end();
  pass(1_000_000);
  assert.equal(isHealthy(), true);
});

test('what is tracked passes through: results and errors', async () => {
  const { begin } = watching();
  const [good, bad] = [begin(), begin()];
  await good.end();
  await bad.fail();
  assert.equal(await good.tracked, 'done');
  await assert.rejects(bad.tracked, /lost/);
});

test('work that waits for rate, or stands in line behind it, is no stall, however long that takes', async () => {
  const { health, isHealthy, pass, call, begin, standInLine } = watching();
  const waiting = call();
  begin();
  standInLine(1);
  pass(1_000_000);
  assert.deepEqual(health(), {
    healthy: true,
    detail: '0 at work, 2 waiting their turn; last progress 1000000 ms ago',
    lastProgressMs: 1_001_000,
  });
  await waiting.letThrough();
  pass(100);
  assert.equal(isHealthy(), true, 'the time is counted from when it was let through');
  pass(1);
  assert.equal(isHealthy(), false);
  await waiting.answer();
  assert.equal(isHealthy(), true);
});

test('waiting because the provider asked for it is no stall, also for a call that was begun', async () => {
  const { isHealthy, pass, call, wait } = watching();
  await call().letThrough();
  wait(300);
  pass(390);
  assert.equal(isHealthy(), true);
  pass(20);
  assert.equal(isHealthy(), false);
});

test('a call that was begun in vain waits for rate again, until it is begun anew', async () => {
  const { health, isHealthy, pass, watch } = watching();
  const again = Promise.withResolvers<void>();
  const begunTwice = Promise.withResolvers<void>();
  const model = watch({
    async complete(call) {
      await call.begin();
      await call.takeBack();
      await again.promise;
      await call.begin();
      begunTwice.resolve();
      return new Promise(() => {});
    },
  });
  void model();
  await new Promise(setImmediate);
  pass(1_000_000);
  assert.match(health().detail, /^0 at work, 1 waiting/);
  again.resolve();
  await begunTwice.promise;
  pass(101);
  assert.equal(isHealthy(), false);
});

test('a call that hangs is a stall, though others wait', async () => {
  const { isHealthy, pass, call } = watching();
  await call().letThrough();
  call();
  pass(101);
  assert.equal(isHealthy(), false);
});

test('other work that hangs is a stall, though its worker waits for rate as well', () => {
  const { isHealthy, pass, call, begin } = watching();
  call();
  begin();
  pass(101);
  assert.equal(isHealthy(), false);
});

test('work that begins while all other work waits has the whole time', () => {
  const { isHealthy, pass, call, begin } = watching();
  call();
  pass(1_000_000);
  begin();
  assert.equal(isHealthy(), true);
  pass(101);
  assert.equal(isHealthy(), false);
});

test('a call that ends without being let through, or with nothing to send, waits no longer', async () => {
  const { health, call } = watching();
  await call().refuse(new Error('stopped'));
  const nothing = call(async () => undefined);
  void nothing.letThrough();
  assert.equal(await nothing.tracked, undefined);
  assert.match(health().detail, /^0 at work, 0 waiting/);
});
