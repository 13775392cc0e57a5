import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgressWatch } from '../../src/worker/progress-watch.ts';

/** A watch over a clock that moves when it is told to, and pieces of work that end when they are told to. */
function watching() {
  let nowMs = 1_000;
  let waitingUntilMs = 0;
  const watch = createProgressWatch({
    stallAfterMs: 100,
    waitingUntilMs: () => waitingUntilMs,
    now: () => nowMs,
  });
  return {
    health: watch.health,
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
  };
}

test('an idle worker is healthy however long it is idle', () => {
  const { health, pass } = watching();
  pass(1_000_000);
  assert.equal(health().healthy, true);
});

test('a worker is healthy until the limit has passed without a slot ending', () => {
  const { health, pass, begin } = watching();
  pass(1_000_000);
  begin();
  pass(100);
  assert.equal(health().healthy, true);
  pass(1);
  assert.deepEqual(health(), { healthy: false, detail: '1 slots in flight, last one ended 101 ms ago' });
});

test('any slot that ends is progress, a failed one too, and the last one leaves the worker idle', async () => {
  const { health, pass, begin } = watching();
  const [one, other, last] = [begin(), begin(), begin()];
  pass(90);
  await one.end();
  pass(90);
  await other.fail();
  pass(90);
  assert.equal(health().healthy, true);
  pass(11);
  assert.equal(health().healthy, false);
  await last.end();
  pass(1_000_000);
  assert.equal(health().healthy, true);
});

test('what is tracked passes through: results and errors', async () => {
  const { begin } = watching();
  const [good, bad] = [begin(), begin()];
  await good.end();
  await bad.fail();
  assert.equal(await good.tracked, 'done');
  await assert.rejects(bad.tracked, /lost/);
});

test('waiting because the provider asked for it is no stall', () => {
  const { begin, health, pass, wait } = watching();
  begin();
  wait(300);
  pass(390);
  assert.equal(health().healthy, true);
  pass(20);
  assert.equal(health().healthy, false);
});
