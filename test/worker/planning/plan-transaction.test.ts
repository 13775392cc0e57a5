import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pLimit from 'p-limit';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { createKeys } from '../../../src/shared/keys.ts';
import { planningAccount } from '../../../src/shared/limits/accounts.ts';
import { createPlanningPrompts } from '../../../src/shared/planning/render-planning-prompt.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import { createCallTransactions } from '../../../src/shared/transactions/call-transactions.ts';
import { createTransactionalCache, eventKeyOf } from '../../../src/shared/transactions/transactional.ts';
import { planTransaction } from '../../../src/worker/planning/plan-transaction.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { total } from '../llm/gateway-fixture.ts';
import { type Step, scriptedModel } from '../planned-slots.ts';

const request = {
  operation: 'generatePersonFactories',
  arguments: { count: 1, genericContext: 'A port town.', model: 'm' },
} as const;
const PILOTS = { factories: [{ title: 'Pilots', context: 'They bring the ships in.' }] };

async function planning(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const cache = createTransactionalCache(redis, keys, 'sim');
  const running = new AbortController().signal;
  const metrics = createWorkerMetrics();
  return {
    cache,
    metrics,
    plan(steps: Step[], signals: { stopping?: AbortSignal; lockLost?: AbortSignal } = {}) {
      const model = scriptedModel([...steps, () => assert.fail('one call too many')]);
      return planTransaction({
        request,
        cache,
        transactions: createCallTransactions(redis, keys, 'sim'),
        prompts: createPlanningPrompts(),
        model,
        account: planningAccount('sim'),
        permits: pLimit(1),
        stopping: running,
        signal: running,
        lockLost: running,
        backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
        metrics,
        logger: createLogger('silent'),
        ...signals,
      });
    },
  };
}

test('a plan is made once, stored under its event key, and replayed without a call', async (t) => {
  const { plan, cache, metrics } = await planning(t);
  assert.deepEqual(await plan([() => JSON.stringify(PILOTS)]), { outcome: 'recorded' });
  assert.deepEqual(await cache.peek(eventKeyOf(request.operation, request.arguments)), PILOTS);
  assert.deepEqual(await plan([]), { outcome: 'replayed' });
  assert.deepEqual(await cache.counts(), { hits: 0, misses: 0 }, 'a worker asks for nothing');
  for (const outcome of ['hit', 'miss']) {
    assert.equal(await total(metrics.transactions, { kind: 'call', outcome }), 1, outcome);
  }
});

test('what cannot be planned has failed, and no result is stored', async (t) => {
  const { plan, cache } = await planning(t);
  const refuses: Step = () => {
    throw new ModelCallError('refused', { reaction: 'give-up', reason: 'refusal' });
  };
  assert.deepEqual(await plan([refuses]), { outcome: 'failed' });
  assert.equal(await cache.peek(eventKeyOf(request.operation, request.arguments)), undefined);
});

test('a stop hands the job back; a lost lock says so', async (t) => {
  const { plan } = await planning(t);
  const stopping = AbortSignal.abort();
  await assert.rejects(plan([], { stopping }), { name: 'JobReturnedError' });
  await assert.rejects(plan([], { stopping, lockLost: stopping }), /the lock was lost/);
});
