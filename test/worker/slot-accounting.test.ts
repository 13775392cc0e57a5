import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCallError } from '../../src/shared/errors.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import {
  CallAbortedError,
  createModelGateway,
  type ModelGateway,
} from '../../src/worker/llm/model-gateway.ts';
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

test('a call that was never sent is not counted', async (t) => {
  const { run, attempts, status } = await plannedSlots(t, { attempts: 1 });
  assert.equal(await run(0, scriptedModel([unsent])), 'left');
  assert.equal(await run(0, scriptedModel([wait, unsent])), 'left');
  assert.equal(await attempts(0), 0);
  assert.equal((await status()).calls, 1, 'only the one that was told to wait');
});

test('a worker that stops while the provider asks for time has counted what the provider has', async (t) => {
  const { run, status, attempts, metrics } = await plannedSlots(t, { attempts: 1 });
  const simulator = await startSimulator({ faults: { rate_limit: 1 }, retryAfter: '600' });
  t.after(() => simulator.stop());
  const stopping = new AbortController();
  const gateway = createModelGateway({
    apiKey: 'sk-test',
    baseUrl: simulator.url,
    stopping: stopping.signal,
    timeoutMs: 10_000,
    maxCompletionTokens: 8_192,
    backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
    metrics,
  });
  t.after(() => gateway.stop());
  let begun = 0;
  const bothHeldBack = Promise.withResolvers<void>();
  const model: Pick<ModelGateway, 'complete'> = {
    complete: (...call) => {
      begun += 1;
      const answer = gateway.complete(...call);
      if (begun === 2) bothHeldBack.resolve(); // the first call has met the 429, and this one waits
      return answer;
    },
  };
  const running = run(0, model, { stopping: stopping.signal });
  await bothHeldBack.promise;
  stopping.abort();
  assert.equal(await running, 'left');
  assert.equal(simulator.stats().calls, 1);
  assert.equal((await status()).calls, 1);
  assert.equal(await attempts(0), 0);
});

test('a slot that is stopped again and again comes to an end, with a reason that blames nobody', async (t) => {
  const { run, status, populations, id } = await plannedSlots(t, { attempts: 2 });
  let runs = 1;
  while ((await run(0, scriptedModel([aborted]))) === 'left' && runs < 50) runs += 1;
  const { calls, failedByReason } = await status();
  assert.deepEqual({ calls, failedByReason }, { calls: 12, failedByReason: { attempts_spent: 1 } });
  assert.equal(runs, 13, 'ten attempts given back, two spent, one run that finds none');
  const { value: failure } = await populations.failures(id).next();
  assert.match(failure?.message ?? '', /begun in earlier runs, and the last one was cut off/);
});

test('what an answer took is counted when the slot is settled, or cancelled, meanwhile', async (t) => {
  const { run, status, transactions, populations, id } = await plannedSlots(t, { populationSize: 8 });
  const failure = { reason: 'refusal', record: '{}', counts: {} };
  const fail = (slot: number) => transactions.fail(slot, failure);
  const commit = (slot: number) =>
    transactions.commit(slot, { name: `Ann ${slot}`, payload: Buffer.from('x'), counts: {} });
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
    assert.equal(await run(slot, scriptedModel([meanwhile(happens, slot, answer)])), outcome);
    const { calls, promptTokens, completionTokens } = await status();
    const answers = slot + 1;
    assert.deepEqual(
      { calls, promptTokens, completionTokens },
      { calls: answers, promptTokens: 100 * answers, completionTokens: 10 * answers },
      `${slot}: ${outcome}`,
    );
  }
});

test('what answers took is counted when the slot is settled just before it would be given up', async (t) => {
  const { run, status, transactions } = await plannedSlots(t, { attempts: 1 });
  const meanwhile = [
    (slot: number) => transactions.fail(slot, { reason: 'refusal', record: '{}', counts: {} }),
    (slot: number) =>
      transactions.commit(slot, { name: `Ann ${slot}`, payload: Buffer.from('x'), counts: {} }),
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
  assert.equal((await status()).promptTokens, 200);
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
  const { committed, failed, promptTokens } = await status();
  assert.deepEqual({ committed, failed, promptTokens }, { committed: 1, failed: 1, promptTokens: 200 });
  assert.equal(await counted('slots', { outcome: 'replayed' }), 0);
});
