import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { delay, stoppable, unlessAborted, withDeadline } from '../../src/shared/lifecycle.ts';

const never = () => new Promise<never>(() => {});

test('stop runs once, whoever asks and however often, and every asker waits for its end', async () => {
  const ended = Promise.withResolvers<void>();
  let runs = 0;
  const part = stoppable({ port: 7 }, () => {
    runs += 1;
    return ended.promise;
  });
  assert.equal(part.port, 7);
  const stops = [part.stop(), part.stop(), part[Symbol.asyncDispose]()];
  let settled = 0;
  for (const stop of stops) stop.then(() => (settled += 1));
  await Promise.resolve();
  assert.deepEqual({ runs, settled }, { runs: 1, settled: 0 });
  ended.resolve();
  await Promise.all(stops);
  await part.stop();
  assert.equal(runs, 1);
});

test('await using stops the part at the end of the block, also when the block throws', async () => {
  const stopped: string[] = [];
  await assert.rejects(async () => {
    await using _part = stoppable({}, async () => void stopped.push('part'));
    throw new Error('in the block');
  }, /in the block/);
  assert.deepEqual(stopped, ['part']);
});

test('a stop that fails tells everybody who asked', async () => {
  const part = stoppable({}, () => Promise.reject(new Error('stuck')));
  await assert.rejects(part.stop(), /stuck/);
  await assert.rejects(async () => part[Symbol.asyncDispose](), /stuck/);
});

test('withDeadline passes on what comes in time, and rejects with the message what does not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  assert.equal(await withDeadline(Promise.resolve('done'), 1_000, 'too late'), 'done');
  await assert.rejects(withDeadline(Promise.reject(new Error('own')), 1_000, 'too late'), /own/);
  const late = withDeadline(never(), 1_000, 'too late');
  t.mock.timers.tick(999);
  t.mock.timers.tick(1);
  await assert.rejects(late, /^Error: too late$/);
});

test('withDeadline leaves no timer behind to keep the process alive', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await withDeadline(Promise.resolve(), 60_000, 'too late');
  assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length, before);
});

test('delay ends when its time is up, and leaves no listener on the signal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { signal } = new AbortController();
  const slept = delay(500, signal);
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  t.mock.timers.tick(500);
  await slept;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('delay wakes at once, without throwing, when the signal aborts or has aborted', async () => {
  const stopping = new AbortController();
  const slept = delay(3_600_000, stopping.signal);
  stopping.abort();
  await slept;
  await delay(3_600_000, stopping.signal);
});

test('unlessAborted passes on what comes first: the promise, or the abort as undefined', async () => {
  const stopping = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve('done'), stopping.signal), 'done');
  await assert.rejects(unlessAborted(Promise.reject(new Error('own')), stopping.signal), /own/);
  assert.equal(getEventListeners(stopping.signal, 'abort').length, 0);
  const waiting = unlessAborted(never(), stopping.signal);
  stopping.abort();
  assert.equal(await waiting, undefined);
  assert.equal(await unlessAborted(never(), stopping.signal), undefined);
});

test('unlessAborted lets a promise fail later without anybody listening', async () => {
  const late = Promise.withResolvers<never>();
  assert.equal(await unlessAborted(late.promise, AbortSignal.abort()), undefined);
  late.reject(new Error('too late to matter'));
  await new Promise((resolve) => setImmediate(resolve));
});
