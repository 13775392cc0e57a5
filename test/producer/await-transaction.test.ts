import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitTransaction } from '../../src/producer/await-transaction.ts';
import type { TransactionFailure } from '../../src/shared/transactions/call-transactions.ts';

/** A store and a queue in memory; `onEnqueue` is what the workers make of the nth job. */
function workshop(onEnqueue: (nth: number, store: Store) => void, stored?: unknown) {
  const store: Store = { stored, failure: undefined };
  let enqueued = 0;
  let waits = 0;
  let nowMs = 0;
  const stopping = new AbortController();
  return {
    store,
    stopping,
    enqueued: () => enqueued,
    waits: () => waits,
    ask: (changes: { enqueue?: () => Promise<unknown> } = {}) =>
      awaitTransaction({
        what: 'planning',
        eventKey: 'event',
        cache: {
          ask: async () => store.stored,
          peek: async () => store.stored,
          counts: async () => ({ hits: 0, misses: 0 }),
          transactional: async (_operation, _args, fn) => fn(),
        },
        transactions: {
          failure: async () => store.failure,
          clearFailure: async () => {
            store.failure = undefined;
          },
        },
        enqueue: async () => {
          enqueued += 1;
          onEnqueue(enqueued, store);
        },
        onWait: () => {
          waits += 1;
        },
        pollMs: 0,
        reconcileMaxMs: 8_000,
        // Half a second passes between two looks.
        now: () => {
          nowMs += 500;
          return nowMs;
        },
        signal: stopping.signal,
        ...changes,
      }),
  };
}

interface Store {
  stored: unknown;
  failure: TransactionFailure | undefined;
}

const failure = { reason: 'refusal', message: 'the model refused', attempts: 1, paused: false };

test('what is stored costs no job', async () => {
  const { ask, enqueued, waits } = workshop(() => assert.fail('enqueued'), { a: 1 });
  assert.deepEqual(await ask(), { a: 1 });
  assert.deepEqual([enqueued(), waits()], [0, 0]);
});

test('else one job is enqueued and its result waited for', async () => {
  const { ask, enqueued, waits } = workshop((_, store) => {
    store.stored = 'planned';
  });
  assert.equal(await ask(), 'planned');
  assert.deepEqual([enqueued(), waits()], [1, 1]);
});

test('a job that failed or vanished is added again, seldomer each time', async () => {
  const { ask, enqueued } = workshop((nth, store) => {
    if (nth === 5) store.stored = 'planned';
  });
  assert.equal(await ask(), 'planned');
  assert.equal(enqueued(), 5);
});

test('a queue that refuses a job later on is tried again; one that refuses the first is an error', async () => {
  const full = workshop((nth, store) => {
    if (nth === 2) throw new Error('full');
    if (nth === 3) store.stored = 'planned';
  });
  assert.equal(await full.ask(), 'planned');
  const always = workshop(() => {
    throw new Error('full');
  });
  await assert.rejects(always.ask(), /full/);
});

test('a failure of an earlier request is forgotten; one of this request rejects', async () => {
  const { ask, store, enqueued } = workshop((nth, store) => {
    if (nth === 1) store.stored = 'planned';
  });
  store.failure = failure;
  assert.equal(await ask(), 'planned');
  assert.equal(enqueued(), 1);

  const failing = (record: TransactionFailure) =>
    workshop((_, store) => {
      store.failure = record;
    }).ask();
  await assert.rejects(failing(failure), {
    exitCode: 3,
    message: /after 1 attempt \(refusal\): the model refused/,
  });
  await assert.rejects(failing({ ...failure, attempts: 3 }), /after 3 attempts/);
  await assert.rejects(failing({ ...failure, paused: true }), {
    exitCode: 4,
    message: /paused: the model refused/,
  });
});

test('an abort ends the wait, also while Redis does not answer', async () => {
  const idle = workshop(() => idle.stopping.abort());
  await assert.rejects(idle.ask(), { exitCode: 130 });
  const silent = workshop(() => {});
  const asked = silent.ask({ enqueue: () => new Promise(() => silent.stopping.abort()) });
  await assert.rejects(asked, { exitCode: 130 });
});
