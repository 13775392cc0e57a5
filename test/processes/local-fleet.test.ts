import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LocalFleet, startLocalFleet } from '../../src/processes/local-fleet.ts';
import type { LocalProcess } from '../../src/processes/local-process.ts';
import { stoppable } from '../../src/shared/lifecycle.ts';
import { until } from '../support/until.ts';

type End = { code: number | null; signal: NodeJS.Signals | null };

/** Stand-ins for worker processes, that end when told to. */
function workshop() {
  const made: { index: number; pid: number; die: (end: End) => void; stopped: () => boolean }[] = [];
  const waiting: (() => void)[] = [];
  return {
    made,
    /** Resolves when so many have been started in all. */
    async started(count: number) {
      while (made.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    start: async (index: number): Promise<LocalProcess> => {
      const { promise: ended, resolve } = Promise.withResolvers<End>();
      let isStopped = false;
      const pid = 1_000 + made.length;
      made.push({ index, pid, die: resolve, stopped: () => isStopped });
      for (const wake of waiting.splice(0)) wake();
      return stoppable({ pid, ready: {}, ended }, async () => {
        isStopped = true;
        resolve({ code: 0, signal: null });
      });
    },
  };
}

const pidsOf = (fleet: LocalFleet) => fleet.members().map(({ process }) => process?.pid);

/** Restarts wait on real timers of up to ten seconds: here they fire as soon as they are set. */
function impatient(t: { mock: typeof import('node:test').mock }): number[] {
  const waits: number[] = [];
  const { setTimeout: original } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (run: () => void, ms = 0) => {
    waits.push(ms);
    return original(run, 0);
  });
  return waits;
}

test('it starts as many as asked for, and stops them all together, once', async () => {
  const { made, start } = workshop();
  const fleet = await startLocalFleet({ size: 3, start, onCrash: () => assert.fail('none crashed') });
  assert.deepEqual(pidsOf(fleet), [1_000, 1_001, 1_002]);
  await Promise.all([fleet.stop(), fleet.stop()]);
  assert.ok(made.every(({ stopped }) => stopped()));
  assert.equal(made.length, 3);
  assert.deepEqual(pidsOf(fleet), []);
});

test('a fleet of none is a fleet', async () => {
  const { start } = workshop();
  const fleet = await startLocalFleet({ size: 0, start, onCrash: () => {} });
  assert.deepEqual(pidsOf(fleet), []);
  await fleet.stop();
});

test('one that dies is reported and replaced in its place', async (t) => {
  impatient(t);
  const { made, start, started } = workshop();
  const crashes: string[] = [];
  await using fleet = await startLocalFleet({
    size: 2,
    start,
    onCrash: (index, how) => void crashes.push(`${index}: ${how}`),
  });
  made[1]?.die({ code: null, signal: 'SIGKILL' });
  await started(3);
  made[2]?.die({ code: 7, signal: null });
  await started(4);
  assert.deepEqual(crashes, ['1: SIGKILL', '1: exit code 7']);
  assert.deepEqual(
    made.map(({ index }) => index),
    [0, 1, 1, 1],
  );
  await fleet.stop();
  assert.deepEqual(
    made.map(({ stopped }) => stopped()),
    [true, false, false, true],
  );
});

test('one that dies again and again is restarted ever more slowly, up to ten seconds', async (t) => {
  const waits = impatient(t);
  const { made, start, started } = workshop();
  await using _fleet = await startLocalFleet({ size: 1, start, onCrash: () => {} });
  for (let crash = 1; crash <= 8; crash += 1) {
    made.at(-1)?.die({ code: 1, signal: null });
    await started(crash + 1);
  }
  assert.deepEqual(waits, [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
});

test('a restart that fails is reported and tried again', async (t) => {
  impatient(t);
  const { made, start, started } = workshop();
  const crashes: string[] = [];
  let refusals = 2;
  await using _fleet = await startLocalFleet({
    size: 1,
    start: (index) => {
      if (made.length === 1 && refusals > 0) {
        refusals -= 1;
        return Promise.reject(new Error('no memory'));
      }
      return start(index);
    },
    onCrash: (_index, how) => void crashes.push(how),
  });
  made[0]?.die({ code: 1, signal: null });
  await started(2);
  assert.deepEqual(crashes, ['exit code 1', 'no memory', 'no memory']);
});

test('when one cannot be started at first, the others are stopped and the error says why', async () => {
  const { made, start } = workshop();
  await assert.rejects(
    startLocalFleet({
      size: 3,
      start: (index) => (index === 1 ? Promise.reject(new Error('no memory')) : start(index)),
      onCrash: () => {},
    }),
    /no memory/,
  );
  assert.equal(made.length, 2);
  assert.ok(made.every(({ stopped }) => stopped()));
});

test('stop ends a wait for a restart, and one that was just being restarted', async (t) => {
  const { made, start } = workshop();
  const fleet = await startLocalFleet({ size: 1, start, onCrash: () => {} });
  made[0]?.die({ code: 1, signal: null });
  await fleet.stop();
  assert.equal(made.length, 1, 'nothing is started after the stop');

  impatient(t);
  const second = workshop();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  const late = await startLocalFleet({
    size: 1,
    start: async (index) => {
      if (second.made.length > 0) {
        begin();
        await allowed;
      }
      return second.start(index);
    },
    onCrash: () => {},
  });
  second.made[0]?.die({ code: 1, signal: null });
  await begun;
  const stopped = late.stop();
  allow();
  await stopped;
  assert.equal(second.made.at(-1)?.stopped(), true);
  assert.deepEqual(pidsOf(late), []);
});

/** Never ready: rejects when it is told to stop. */
function neverReady(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('stop does not wait for a restart that never becomes ready, and that is no crash', async (t) => {
  impatient(t);
  const { made, start } = workshop();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const crashes: string[] = [];
  const fleet = await startLocalFleet({
    size: 1,
    start: (index, signal) => {
      if (made.length === 0) return start(index);
      begin();
      return neverReady(signal);
    },
    onCrash: (_index, how) => void crashes.push(how),
  });
  made[0]?.die({ code: 1, signal: null });
  await begun;
  await fleet.stop();
  assert.deepEqual(crashes, ['exit code 1']);
  assert.deepEqual(pidsOf(fleet), []);
});

test('told to stop during the first start, it waits for nobody, and stops who is there', async () => {
  const { made, start, started } = workshop();
  const stopping = new AbortController();
  const starting = startLocalFleet({
    size: 2,
    start: (index, signal) => (index === 0 ? start(index) : neverReady(signal)),
    onCrash: () => {},
    signal: stopping.signal,
  });
  await started(1);
  stopping.abort();
  await assert.rejects(starting, { name: 'AbortError' });
  assert.equal(made[0]?.stopped(), true);
});

test('members tell who is down, for how long, and how often in a row; a while of running is forgiveness', async (t) => {
  impatient(t);
  const { made, start, started } = workshop();
  let nowMs = 1_000;
  let refuse: (() => void) | undefined;
  const refused = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  let attempts = 0;
  const seen: object[] = [];
  await using fleet = await startLocalFleet({
    size: 2,
    start: async (index) => {
      attempts += 1;
      if (attempts === 3) {
        nowMs += 500;
        throw new Error('no memory');
      }
      if (attempts === 4) {
        nowMs += 500;
        seen.push(
          ...fleet.members().map(({ index, downMs, failuresInARow }) => ({ index, downMs, failuresInARow })),
        );
        refuse?.();
        await allowed;
      }
      return start(index);
    },
    onCrash: () => {},
    now: () => nowMs,
  });
  made[0]?.die({ code: null, signal: 'SIGKILL' });
  await refused;
  assert.deepEqual(seen, [
    { index: 0, downMs: 1_000, failuresInARow: 2 },
    { index: 1, downMs: 0, failuresInARow: 0 },
  ]);
  allow();
  await started(3);
  await until('the place to be taken again', () => fleet.members()[0]?.process !== undefined);
  assert.equal(fleet.members()[0]?.failuresInARow, 2);
  assert.equal(fleet.members()[0]?.downMs, 0);
  nowMs += 30_001;
  assert.equal(fleet.members()[0]?.failuresInARow, 0);
});
