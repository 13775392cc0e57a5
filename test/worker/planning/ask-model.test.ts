import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pLimit from 'p-limit';
import { ModelCallError, type Reaction } from '../../../src/shared/errors.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { planningAccount } from '../../../src/shared/limits/accounts.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import { createCallTransactions } from '../../../src/shared/transactions/call-transactions.ts';
import { createTransactionalCache } from '../../../src/shared/transactions/transactional.ts';
import { CallAbortedError } from '../../../src/worker/llm/model-call.ts';
import { type AskDependencies, askModel } from '../../../src/worker/planning/ask-model.ts';
import type { Question } from '../../../src/worker/planning/question.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { total } from '../llm/gateway-fixture.ts';
import { type Gate, type ScriptedModel, type Step, scriptedModel } from '../planned-slots.ts';

/** Asks for a number; anything else is a fault, which a repair call mends. */
const question: Question<number> = {
  system: 'You answer with a number.',
  user: 'How many?',
  schema: { name: 'number', schema: {} },
  read: (content) =>
    Number.isNaN(Number(content))
      ? { faults: [`${content} is no number`], repair: { ...question, user: `Not ${content}. How many?` } }
      : { value: Number(content) },
};

const says =
  (content: string): Step =>
  () =>
    content;
const fails =
  (reaction: Reaction, reason: string): Step =>
  () => {
    throw new ModelCallError(`it was ${reason}`, { reaction, reason });
  };

async function asking(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const calls = createCallTransactions(redis, keys, 'sim');
  const cache = createTransactionalCache(redis, keys, 'sim');
  const models: ScriptedModel[] = [];
  return {
    calls,
    cache,
    models,
    ask(steps: Step[], changes: Partial<AskDependencies> = {}, gates: Gate[] = []) {
      const model = scriptedModel(steps, gates);
      models.push(model);
      const signal = new AbortController().signal;
      return askModel('event', question, {
        within: 'event',
        modelName: 'm',
        cacheKey: 'operation',
        account: planningAccount('sim'),
        transactions: calls,
        model,
        permits: pLimit(1),
        stopping: signal,
        signal,
        backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
        metrics: createWorkerMetrics(),
        logger: createLogger('silent'),
        ...changes,
      });
    },
    users: () => models.flatMap(({ requests }) => requests.map(({ user }) => user)),
    kinds: () => models.flatMap(({ sent }) => sent),
    attempts: async () =>
      Number((await redis.hget(keys.simulation('sim').transactionAttempts, 'event')) ?? 0),
  };
}

test('a usable answer is stored; asked again it costs nothing', async (t) => {
  const { ask, models, cache, attempts, users } = await asking(t);
  assert.equal(await ask([says('7')]), 7);
  assert.equal(await cache.peek('event'), 7);
  assert.equal(await ask([says('8')]), 7);
  assert.equal(users().length, 1);
  const [{ account, expected } = assert.fail('nothing was asked')] = models[0]?.asked ?? [];
  assert.equal(account, 'sim/planning');
  assert.deepEqual(models[0]?.requests, [expected]);
  assert.deepEqual([expected.model, expected.cacheKey, expected.moreRoom], ['m', 'operation', false]);
  assert.equal(await attempts(), 0);
});

test('faults go back in one repair call, told apart', async (t) => {
  const { ask, kinds, users } = await asking(t);
  assert.equal(await ask([says('many'), says('7')]), 7);
  assert.deepEqual(users(), ['How many?', 'Not many. How many?']);
  assert.deepEqual(kinds(), ['calls', 'repairCalls']);
});

test('a repair that does not help costs the attempt; after three the reason is stored', async (t) => {
  const { ask, calls, users, attempts } = await asking(t);
  const wrong = Array.from({ length: 10 }, () => says('many'));
  await assert.rejects(ask(wrong), { outcome: 'failed' });
  assert.equal(users().length, 6);
  const failure = await calls.failure('event');
  assert.deepEqual([failure?.reason, failure?.attempts, failure?.paused], ['invalid_plan', 3, false]);
  assert.match(failure?.message ?? '', /many is no number/);
  assert.equal(await attempts(), 0, 'whoever asks again begins with all attempts');
  await assert.rejects(ask([says('7')]), { outcome: 'failed' });
  assert.equal(users().length, 6, 'no call while the failure stands');
  await calls.clearFailure('event');
  assert.equal(await ask([says('7')]), 7);
});

test('errors are tried again; being told to wait spends no attempt, neither first nor in a repair', async (t) => {
  const { ask, users } = await asking(t);
  const wait = fails('wait', 'rate_limited');
  const metrics = createWorkerMetrics();
  const steps = [
    ...[wait, wait, wait, wait, fails('retry', 'server_error')],
    ...[wait, says('many'), wait, wait, wait, wait, fails('retry', 'timeout')],
    ...[wait, says('7')],
  ];
  assert.equal(await ask(steps, { metrics }), 7);
  assert.equal(users().length, 14);
  assert.equal(await total(metrics.modelRetries, { reason: 'rate_limited' }), 10);
  assert.equal(await total(metrics.modelRetries), 12);
});

test('a refusal is given up at once; what a person must mend is told apart', async (t) => {
  const { ask, calls, users } = await asking(t);
  await assert.rejects(ask([fails('give-up', 'refusal')]), { outcome: 'failed' });
  assert.deepEqual(await calls.failure('event'), {
    reason: 'refusal',
    message: 'it was refusal',
    attempts: 1,
    paused: false,
  });
  await calls.clearFailure('event');
  await assert.rejects(ask([fails('pause', 'quota')]), { outcome: 'failed' });
  assert.equal((await calls.failure('event'))?.paused, true);
  assert.equal(users().length, 2);
});

test('attempts whose worker died count: after three there is no further call', async (t) => {
  const { ask, calls, users } = await asking(t);
  const dies: Step = () => {
    throw new Error('the process is gone');
  };
  for (let run = 0; run < 3; run += 1) await assert.rejects(ask([dies]), /the process is gone/);
  await assert.rejects(ask([says('7')]), { outcome: 'failed' });
  assert.equal(users().length, 3);
  assert.equal((await calls.failure('event'))?.reason, 'attempts_spent');
});

test('a stop gives the attempt back, in a repair as before it', async (t) => {
  const { ask, attempts } = await asking(t);
  const stop: Step = () => {
    throw new CallAbortedError('stopped', { wasSent: true });
  };
  for (let run = 0; run < 5; run += 1) await assert.rejects(ask([stop]), { outcome: 'left' });
  assert.equal(await attempts(), 0);
  await assert.rejects(ask([fails('wait', 'rate_limited'), stop]), { outcome: 'left' });
  assert.equal(await attempts(), 0);
  await assert.rejects(ask([says('many'), stop]), { outcome: 'left' });
  await assert.rejects(ask([says('many'), fails('wait', 'rate_limited'), stop]), { outcome: 'left' });
  assert.equal(await attempts(), 0);
});

test('a stop while an answer is read, or after being told to wait, spends no attempt and begins no call', async (t) => {
  const { ask, attempts, users } = await asking(t);
  const interrupted = async (step: Step) => {
    const stopping = new AbortController();
    const stops: Step = (...call) => {
      stopping.abort();
      return step(...call);
    };
    await assert.rejects(ask([stops], { stopping: stopping.signal }), { outcome: 'left' });
  };
  await interrupted(says('many'));
  await interrupted(fails('wait', 'rate_limited'));
  assert.equal(await attempts(), 0);
  assert.equal(users().length, 2);
});

test('stops that never end come to an end: repairs that are begun again and again spend the attempts', async (t) => {
  const { ask, calls, users } = await asking(t);
  const stop: Step = () => {
    throw new CallAbortedError('stopped', { wasSent: true });
  };
  let runs = 0;
  for (let isOpen = true; isOpen && runs < 50; runs += 1) {
    await assert.rejects(ask([says('many'), stop]));
    isOpen = (await calls.failure('event')) === undefined;
  }
  assert.equal(runs, 10 + 3 + 1, 'ten attempts given back, three spent, one run that finds none');
  assert.equal(users().length, 2 * 13);
  const failure = await calls.failure('event');
  assert.equal(failure?.reason, 'attempts_spent');
  assert.match(failure?.message ?? '', /begun in earlier runs, and the last one was cut off/);
});

test('a question that waits for rate when its worker is killed or stopped has spent no attempt', async (t) => {
  const { ask, attempts, users } = await asking(t);
  const reached = Promise.withResolvers<void>();
  const killed: Gate = () => {
    reached.resolve();
    return new Promise(() => {}); // never comes back
  };
  void ask([], {}, [killed]);
  await reached.promise;
  assert.equal(await attempts(), 0);
  const stopped: Gate = () => {
    throw new CallAbortedError('stopped while waiting for rate', { wasSent: false });
  };
  for (let stops = 0; stops < 12; stops += 1) {
    await assert.rejects(ask([], {}, [stopped]), { outcome: 'left' });
    assert.equal(await attempts(), 0);
  }
  assert.deepEqual(users(), []);
  await assert.rejects(ask([says('many')], {}, [() => {}, stopped]), { outcome: 'left' });
  assert.equal(await attempts(), 0, 'a stop between the answer and its repair');
  assert.equal(await ask([says('7')]), 7);
});

test('a question that waits after a 429 when its worker is killed has spent no attempt; in its repair the one it paid for', async (t) => {
  const { ask, attempts } = await asking(t);
  const killedAt = async (gates: number, steps: Step[]) => {
    const reached = Promise.withResolvers<void>();
    const dies: Gate = () => {
      reached.resolve();
      return new Promise(() => {}); // never comes back
    };
    void ask(steps, {}, [...Array<Gate>(gates).fill(() => {}), dies]);
    await reached.promise;
  };
  const wait = fails('wait', 'rate_limited');
  for (let kills = 0; kills < 12; kills += 1) {
    await killedAt(1, [wait]);
    assert.equal(await attempts(), 0);
  }
  await killedAt(2, [says('many'), wait]);
  assert.equal(await attempts(), 1);
  assert.equal(await ask([wait, says('7')]), 7);
});

test('when the fleet is paused the question is given up with that reason, before anything is counted', async (t) => {
  const { ask, calls, users, attempts } = await asking(t);
  const paused = fails('pause', 'quota');
  await assert.rejects(ask([], {}, [() => void paused(undefined, new AbortController().signal)]), {
    outcome: 'failed',
  });
  const failure = { reason: 'quota', message: 'it was quota', attempts: 0, paused: true };
  assert.deepEqual(await calls.failure('event'), failure);
  assert.deepEqual([users(), await attempts()], [[], 0]);
});

test('after an answer that was cut off there is more room, until one is cut off with it', async (t) => {
  const { ask, calls, models } = await asking(t);
  const cut = fails('retry', 'length');
  assert.equal(await ask([cut, says('many'), says('7')]), 7);
  assert.deepEqual(
    models[0]?.requests.map(({ moreRoom }) => moreRoom),
    [false, true, true],
  );
  const other = await asking(t);
  await assert.rejects(other.ask([cut, fails('give-up', 'length'), says('7')]), { outcome: 'failed' });
  assert.equal((await other.calls.failure('event'))?.reason, 'length');
  assert.equal(await calls.failure('event'), undefined);
});

test('a result that somebody else stored meanwhile is what everybody gets', async (t) => {
  const { ask, calls } = await asking(t);
  const overtaken: Step = async () => {
    await calls.record('event', 5);
    return '7';
  };
  assert.equal(await ask([overtaken]), 5);
});
