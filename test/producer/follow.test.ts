import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followPopulation, isAtRest } from '../../src/producer/follow.ts';
import type { PopulationState, PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from './nothing-spent.ts';

const statusOf = (changes: Partial<PopulationStatus> = {}): PopulationStatus => ({
  population: 'ab12',
  simulation: 'sim',
  state: 'running',
  reason: '',
  reasonCode: '',
  pruned: 0,
  lastCommitMs: undefined,
  size: 10,
  extents: [10],
  stateDigest: 'cd34',
  committed: 0,
  failed: 0,
  failedByReason: {},
  ...NOTHING_SPENT,
  budget: {},
  labels: {},
  ...changes,
});

/** Follows a population that shows these states one after the other, each two seconds after the one before. */
function following(
  states: readonly Partial<PopulationStatus>[],
  options: Partial<Parameters<typeof followPopulation>[0]> = {},
) {
  let looks = 0;
  const seen: number[] = [];
  const reconciledAt: number[] = [];
  const followed = followPopulation({
    status: async () => {
      const state = states[looks];
      if (state === undefined) throw new Error('looked once too often');
      looks += 1;
      return statusOf(state);
    },
    settledEarly: async () => false,
    reconcile: async () => void reconciledAt.push(looks),
    onUpdate: ({ committed }) => void seen.push(committed),
    pollMs: 0,
    reconcileAfterMs: 10_000,
    now: () => looks * 2_000,
    signal: new AbortController().signal,
    ...options,
  });
  return { followed, seen, reconciledAt };
}

test('it shows every state and ends with the one in which all slots are settled', async () => {
  const { followed, seen, reconciledAt } = following([
    { state: 'planned' },
    { committed: 4 },
    { committed: 8, failed: 1 },
    { committed: 9, failed: 1, state: 'partial' },
  ]);
  const last = await followed;
  assert.deepEqual([last.state, last.committed, last.failed], ['partial', 9, 1]);
  assert.deepEqual(seen, [0, 4, 8, 9]);
  assert.deepEqual(reconciledAt, []);
});

test('it ends at once when the population is at rest: settled, paused or cancelled', async () => {
  for (const changes of [
    { committed: 10, state: 'complete' },
    { state: 'paused', reason: 'no quota' },
    { state: 'cancelled' },
  ] as const) {
    const { followed, seen } = following([changes]);
    assert.equal((await followed).state, changes.state);
    assert.equal(seen.length, 1);
  }
});

test('counters that stand still for the time make it reconcile, and again only after the same time', async () => {
  const still = (count: number, committed: number) => Array(count).fill({ committed });
  const { followed, reconciledAt } = following([
    // Seen first at 2 s; unchanged for 10 s at the 6th look, and for 10 s more at the 11th.
    ...still(12, 3),
    // Moves: the time begins again.
    ...still(5, 5),
    ...still(3, 6),
    { committed: 10, state: 'complete' },
  ]);
  await followed;
  assert.deepEqual(reconciledAt, [6, 11]);
});

test('failed slots count as movement, other counters do not', async () => {
  const { followed, reconciledAt } = following([
    { calls: 1 },
    { calls: 2 },
    { calls: 3 },
    { failed: 1 },
    { failed: 1, calls: 9 },
    { failed: 1 },
    { failed: 1 },
    { failed: 1 },
    { failed: 1 },
    { failed: 10, state: 'partial' },
  ]);
  await followed;
  assert.deepEqual(reconciledAt, [9]);
});

test('it ends when the slots that somebody waits for are settled', async () => {
  const { followed, seen } = following([{ committed: 1 }, { committed: 2 }, { committed: 3 }], {
    settledEarly: async ({ committed }) => committed >= 2,
  });
  assert.equal((await followed).committed, 2);
  assert.deepEqual(seen, [1, 2]);
});

test('it ends when the signal aborts, with the last status, in the middle of a wait too', async () => {
  const stopped = AbortSignal.abort();
  assert.equal((await following([{ committed: 4 }], { signal: stopped }).followed).committed, 4);

  const stopping = new AbortController();
  const { followed, seen } = following([{ committed: 4 }, { committed: 5 }], {
    pollMs: 3_600_000,
    signal: stopping.signal,
    settledEarly: async () => {
      queueMicrotask(() => stopping.abort());
      return false;
    },
  });
  assert.equal((await followed).committed, 5);
  assert.deepEqual(seen, [4, 5]);
});

test('an error of what it is given ends it', async () => {
  const failing = () => Promise.reject(new Error('Redis is away'));
  await assert.rejects(following([], {}).followed, /once too often/);
  await assert.rejects(following([{}], { settledEarly: failing }).followed, /Redis is away/);
  await assert.rejects(
    following([{}, {}], { reconcile: failing, reconcileAfterMs: 1 }).followed,
    /Redis is away/,
  );
});

test('a population is at rest when nothing will change unless a person asks for it', () => {
  const rests = (state: PopulationState, committed: number) => isAtRest(statusOf({ state, committed }));
  assert.deepEqual(
    [
      rests('planned', 0),
      rests('running', 9),
      rests('complete', 10),
      rests('paused', 0),
      rests('cancelled', 0),
    ],
    [false, false, true, true, true],
  );
});
