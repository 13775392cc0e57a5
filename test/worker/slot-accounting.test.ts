import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCallError } from '../../src/shared/errors.ts';
import { CallAbortedError } from '../../src/worker/llm/model-call.ts';
import { person, plannedSlots, type Step, scriptedModel } from './planned-slots.ts';

// What a slot's run counts, and what it gives back, however it ends.

const wait: Step = () => {
  throw new ModelCallError('because of rate_limited', { reaction: 'wait', reason: 'rate_limited' });
};
const aborted: Step = () => {
  throw new CallAbortedError('aborted', { wasSent: true });
};
const unsent: Step = () => {
  throw new CallAbortedError('stopped before the call', { wasSent: false });
};

test('a worker that is killed or stopped while it waits for rate has spent nothing, and holds no name', async (t) => {
  const { run, redis, key, names, record } = await plannedSlots(t, { attempts: 1 });
  const reached = Promise.withResolvers<void>();
  const killed = () => {
    reached.resolve();
    return new Promise<void>(() => {}); // never comes back
  };
  void run(0, scriptedModel([], [killed]));
  await reached.promise;
  assert.equal(await redis.exists(key.attempts, key.reservations, names), 0);

  const stopped = () => {
    throw new CallAbortedError('stopped while waiting for rate', { wasSent: false });
  };
  for (let stops = 0; stops < 12; stops += 1) {
    assert.equal(await run(0, scriptedModel([], [stopped])), 'left');
    assert.equal(await redis.exists(key.attempts, key.reservations, names), 0);
  }
  assert.equal(await run(0, scriptedModel()), 'committed');
  assert.equal((await record(0)).attempts, 1);
});

test('a repair that waits for rate is not taken before it is let through', async (t) => {
  const { run, attempts, record } = await plannedSlots(t, { attempts: 1 });
  const shallow = person({ beliefs: [] });
  const stopped = () => {
    throw new CallAbortedError('stopped while waiting for rate', { wasSent: false });
  };
  assert.equal(await run(0, scriptedModel([shallow], [() => {}, stopped])), 'left');
  assert.equal(await attempts(0), 0);
  assert.equal(await run(0, scriptedModel([shallow])), 'committed');
  assert.deepEqual([(await record(0)).attempts, (await record(0)).repairs], [1, 1]);
});

test('a worker that is killed while it waits after a 429 has spent nothing, in a call as in its repair', async (t) => {
  const { run, attempts, record, redis, key } = await plannedSlots(t, { attempts: 2 });
  /** Runs until the gate after so many others is reached, where the worker dies. */
  const killedAt = async (gates: number, steps: Step[]) => {
    const reached = Promise.withResolvers<void>();
    const dies = () => {
      reached.resolve();
      return new Promise<void>(() => {}); // never comes back
    };
    void run(0, scriptedModel(steps, [...Array<() => void>(gates).fill(() => {}), dies]));
    await reached.promise;
  };
  for (let kills = 0; kills < 12; kills += 1) {
    await killedAt(2, [wait, wait]);
    assert.equal(await attempts(0), 0);
  }
  await killedAt(2, [person({ beliefs: [] }), wait]);
  assert.deepEqual(
    await redis.hmget(key.attempts, '0', '0:repairs'),
    ['1', '0'],
    'the first call was paid for',
  );
  assert.equal(await run(0, scriptedModel([wait])), 'committed');
  assert.equal((await record(0)).attempts, 2);
});

test('a population that is cancelled while a slot waits after a 429 gets no further call', async (t) => {
  const { run, populations, id } = await plannedSlots(t);
  const model = scriptedModel([wait], [() => {}, () => populations.cancel(id).then(() => {})]);
  assert.equal(await run(0, model), 'left');
  assert.equal(model.requests.length, 1);
});

test('a stop after being told to wait gives the attempt back', async (t) => {
  const { run, attempts } = await plannedSlots(t, { attempts: 1 });
  const stopping = new AbortController();
  const stopped: Step = (...call) => {
    stopping.abort();
    return wait(...call);
  };
  assert.equal(await run(0, scriptedModel([wait, stopped]), { stopping: stopping.signal }), 'left');
  assert.equal(await attempts(0), 0);
});

test('a call that was begun and never sent gives its attempt back', async (t) => {
  const { run, attempts } = await plannedSlots(t, { attempts: 1 });
  assert.equal(await run(0, scriptedModel([unsent])), 'left');
  assert.equal(await run(0, scriptedModel([wait, unsent])), 'left');
  assert.equal(await attempts(0), 0);
});

test('a slot that is stopped again and again comes to an end, with a reason that blames nobody', async (t) => {
  const { run, status, populations, id } = await plannedSlots(t, { attempts: 2 });
  let runs = 1;
  while ((await run(0, scriptedModel([aborted]))) === 'left' && runs < 50) runs += 1;
  assert.deepEqual((await status()).failedByReason, { attempts_spent: 1 });
  assert.equal(runs, 13, 'ten attempts given back, two spent, one run that finds none');
  const { value: failure } = await populations.failures(id).next();
  assert.match(failure?.message ?? '', /begun in earlier runs, and the last one was cut off/);
});

test('a slot that is settled, or cancelled, during its call ends as it was settled', async (t) => {
  const { run, redis, key, transactions, populations, id } = await plannedSlots(t, { populationSize: 8 });
  const fail = (slot: number) => transactions.fail(slot, { reason: 'refusal', record: '{}' });
  const commit = (slot: number) =>
    transactions.commit(slot, { name: `Ann ${slot}`, payload: Buffer.from('x') });
  const cancel = () => populations.cancel(id);
  const meanwhile = (happens: (slot: number) => Promise<unknown>, slot: number, then: Step): Step => {
    return async (name, signal) => {
      const answer = await then(name, signal);
      await happens(slot);
      return answer;
    };
  };
  const cases: [(slot: number) => Promise<unknown>, Step, string][] = [
    [fail, person(), 'failed'],
    [commit, person(), 'replayed'],
    // The answer is useless: the end shows when the next call is begun.
    [fail, () => 'no JSON', 'failed'],
    [commit, () => 'no JSON', 'replayed'],
    [cancel, person(), 'left'],
  ];
  for (const [slot, [happens, answer, outcome]] of cases.entries()) {
    const model = scriptedModel([meanwhile(happens, slot, answer)]);
    assert.equal(await run(slot, model), outcome);
    assert.equal(model.requests.length, 1);
    assert.equal(await redis.exists(key.attempts), 0, `${slot}: ${outcome}`);
  }
});

test('a slot that is settled just before it would be given up ends as it was settled', async (t) => {
  const { run, transactions } = await plannedSlots(t, { attempts: 1 });
  const meanwhile = [
    (slot: number) => transactions.fail(slot, { reason: 'refusal', record: '{}' }),
    (slot: number) => transactions.commit(slot, { name: `Ann ${slot}`, payload: Buffer.from('x') }),
  ];
  const outcomes = [];
  for (const [slot, settle] of meanwhile.entries()) {
    const step: Step = async () => {
      await settle(slot);
      return 'no JSON';
    };
    outcomes.push(await run(slot, scriptedModel([step])));
  }
  assert.deepEqual(outcomes, ['failed', 'replayed']);
});

test('a population that is forgotten during a call is not made anew by it', async (t) => {
  const { run, populations, id, redis, key, names } = await plannedSlots(t, { attempts: 1 });
  for (const answer of [person(), () => 'no JSON', wait, aborted, unsent]) {
    const step: Step = async (...call) => {
      await populations.forget(id);
      return answer(...call);
    };
    await redis.hset(key.meta, 'size', '3', 'status', 'planned');
    assert.equal(await run(0, scriptedModel([step])), 'left');
    const left = await redis.exists(key.meta, key.counters, key.attempts, key.reservations, names);
    assert.equal(left, 0);
  }
});

test('a commit or a failure whose reply was lost is not taken for somebody else’s', async (t) => {
  const { run, status, transactions, counted } = await plannedSlots(t, { attempts: 1 });
  const resending: typeof transactions = {
    ...transactions,
    commit: async (...request) => {
      await transactions.commit(...request);
      return transactions.commit(...request);
    },
    fail: async (...request) => {
      await transactions.fail(...request);
      return transactions.fail(...request);
    },
  };
  assert.equal(await run(0, scriptedModel(), { transactions: resending }), 'committed');
  assert.equal(await run(1, scriptedModel([() => 'no JSON']), { transactions: resending }), 'failed');
  const { committed, failed } = await status();
  assert.deepEqual({ committed, failed }, { committed: 1, failed: 1 });
  assert.equal(await counted('slots', { outcome: 'replayed' }), 0);
});
