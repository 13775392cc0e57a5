import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { describeReplaced } from '../../src/cli/describe-replaced.ts';
import { pendingOf, planRuns, statesOf, totalOf } from '../../src/cli/runs.ts';
import type { PlannedSpec } from '../../src/producer/planning.ts';
import { openProducerSession } from '../../src/producer/session.ts';
import { loadConfig } from '../../src/shared/config.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { populationAccount } from '../../src/shared/limits/accounts.ts';
import { createLedger } from '../../src/shared/limits/ledger.ts';
import { describeScope } from '../../src/shared/limits/scope-description.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix, testRedisUrl } from '../support/redis.ts';

const SCOPE = '0123456789abcdef';

function populationOf(context: string, populationSize = 10): PlannedSpec {
  return { title: undefined, options: { context, populationSize, model: 'gpt-4.1-mini' } };
}

async function opened(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const session = openProducerSession({
    redis,
    redisUrl: await testRedisUrl(),
    keys,
    config: loadConfig({}),
    simulation: 'sim',
  });
  t.after(() => session.stop());
  return { redis, keys, session };
}

test('a budget is divided among the populations, and goes when the spec has none any more', async (t) => {
  const { session } = await opened(t);
  const states = statesOf([populationOf('A.'), populationOf('B.'), populationOf('C.')]);
  const runs = await planRuns(states, session, { budget: { nanoDollars: 1_000, tokens: 90 } });
  assert.deepEqual(
    runs.map(({ before }) => before.budget),
    [
      { nanoDollars: 334, tokens: 30 },
      { nanoDollars: 333, tokens: 30 },
      { nanoDollars: 333, tokens: 30 },
    ],
  );
  assert.deepEqual(totalOf(runs.map(({ before }) => before)).budget, { nanoDollars: 1_000, tokens: 90 });
  const again = await planRuns(states, session, { budget: {} });
  assert.deepEqual(again[0]?.before.budget, { nanoDollars: undefined, tokens: undefined });
});

test('what is pending is known before anything is written', async (t) => {
  const { redis, keys, session } = await opened(t);
  const [state] = statesOf([populationOf('A town.')]);
  assert.ok(state);
  const budget = { nanoDollars: 1_000 };
  const wanted = { nanoDollars: 1_000, tokens: undefined };
  const before = await pendingOf([state], session, { budget });
  assert.deepEqual(before, [{ state, people: 10, size: 10, spent: {}, left: wanted }]);
  assert.deepEqual(await session.populations.ids(), []);

  const [run] = await planRuns([state], session, { budget });
  const population = run?.planned.population ?? '';
  const slots = createSlotTransactions(redis, keys, 'sim', population);
  await slots.commit(3, { name: 'Ann', payload: Buffer.from('x') });
  await redis.hset(keys.limits.ledger, `${populationAccount('sim', population)}:nanoDollars`, 400);
  const [pending] = await pendingOf([state], session, { budget });
  assert.deepEqual([pending?.people, pending?.left.nanoDollars], [9, 600]);
  const [fresh] = await pendingOf([state], session, { budget, fresh: true });
  assert.deepEqual([fresh?.people, fresh?.left.nanoDollars], [10, 1_000]);
  assert.equal((await session.status(population)).committed, 1, 'nobody was forgotten');
});

test('a pause of the fleet is lifted; a wait by itself is left to the provider', async (t) => {
  const { redis, keys, session } = await opened(t);
  const { state } = keys.limits.scope(SCOPE);
  const description = describeScope({ model: 'gpt-4.1-mini', baseUrl: undefined, windowMs: 60_000 });
  await redis.hset(keys.limits.scopes, SCOPE, description);
  const waitUntil = String(Date.now() + 3_600_000);
  await redis.hset(state, { waitUntil });
  await session.resumeFleet();
  assert.equal(await redis.hget(state, 'waitUntil'), waitUntil);
  assert.equal((await session.fleet()).scopes[0]?.waitReason, 'rate_limited');

  await redis.hset(state, { pausedReason: 'auth', pausedMessage: 'no key' });
  assert.equal((await session.fleet()).scopes[0]?.pausedReason, 'auth');
  await session.resumeFleet();
  assert.equal((await session.fleet()).scopes[0]?.pausedReason, undefined);
});

test('a budget that somebody raised stays until the spec says another one', async (t) => {
  const { redis, keys, session } = await opened(t);
  const states = statesOf([populationOf('A town.')]);
  const [run] = await planRuns(states, session, { budget: { tokens: 100 } });
  assert.equal(run?.replaced, undefined);
  const population = run?.planned.population ?? '';
  const account = populationAccount('sim', population);
  await createLedger(redis, keys).setBudget(account, { tokens: 5_000 });

  const [pending] = await pendingOf(states, session, { budget: { tokens: 100 } });
  assert.equal(pending?.left.tokens, 5_000);
  const [again] = await planRuns(states, session, { budget: { tokens: 100 } });
  assert.deepEqual([again?.before.budget.tokens, again?.replaced], [5_000, undefined]);

  const [changed] = await pendingOf(states, session, { budget: { tokens: 200 } });
  assert.equal(changed?.left.tokens, 200);
  const runs = await planRuns(states, session, { budget: { tokens: 200 } });
  assert.equal(runs[0]?.before.budget.tokens, 200);
  assert.equal(
    describeReplaced(runs),
    'the spec says another budget than before: 200 tokens instead of 5,000 tokens',
  );
  assert.equal(describeReplaced(await planRuns(states, session, { budget: { tokens: 200 } })), undefined);

  const [fresh] = await planRuns(states, session, { budget: { tokens: 200 }, fresh: true });
  assert.deepEqual([fresh?.before.budget.tokens, fresh?.replaced], [200, undefined]);
});
