import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitTransaction } from '../../src/producer/await-transaction.ts';

/** A transaction whose answer is there once it was enqueued, with what was done in order. */
function asking(beforeAsking: (done: string[]) => void, stored?: unknown) {
  const done: string[] = [];
  let answer = stored;
  const asked = awaitTransaction({
    what: 'planning',
    eventKey: 'event',
    cache: {
      ask: async () => answer,
      peek: async () => answer,
      counts: async () => ({ hits: 0, misses: 0 }),
      transactional: async (_operation, _args, fn) => fn(),
    },
    transactions: {
      failure: async () => undefined,
      clearFailure: async () => void done.push('failure forgotten'),
    },
    beforeAsking: () => beforeAsking(done),
    enqueue: async () => {
      done.push('enqueued');
      answer = 'answer';
    },
    pollMs: 0,
    reconcileMaxMs: 1_000,
    now: () => 0,
    signal: new AbortController().signal,
  });
  return { asked, done };
}

test('what is to happen before a question happens before anything of it', async () => {
  const { asked, done } = asking((order) => order.push('before'));
  assert.equal(await asked, 'answer');
  assert.deepEqual(done, ['before', 'failure forgotten', 'enqueued']);
});

test('nothing happens where the answer is there', async () => {
  const { asked, done } = asking((order) => order.push('before'), 'stored');
  assert.equal(await asked, 'stored');
  assert.deepEqual(done, []);
});

test('what it throws is the end: nothing is enqueued', async () => {
  const { asked, done } = asking(() => {
    throw new Error('no consent');
  });
  await assert.rejects(asked, /no consent/);
  assert.deepEqual(done, []);
});
