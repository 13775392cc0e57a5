import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { createKeys, type Keys } from '../../../src/shared/keys.ts';
import { createLedger } from '../../../src/shared/limits/ledger.ts';
import { rateScopeId } from '../../../src/shared/limits/rate-scope.ts';
import { resumeScopes } from '../../../src/shared/limits/scopes.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import { createLimiters, type LimitersOptions, type PermitRequest } from '../../../src/worker/llm/limiter.ts';
import { CallAbortedError } from '../../../src/worker/llm/model-call.ts';
import { connect, startRedis, testPrefix } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const REQUEST: PermitRequest = {
  account: 'sim/p',
  kind: 'calls',
  promptTokens: 60,
  completionTokens: 40,
  nanoDollars: 1_000,
};
const never = new AbortController().signal;
const endpoint = { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'key' };
const scopeId = rateScopeId({ ...endpoint, model: 'm' });

function answer(promptTokens = 60, completionTokens = 10) {
  return {
    kind: 'answered',
    usage: { promptTokens, cachedTokens: 0, cacheWriteTokens: 0, completionTokens },
    nanoDollars: 700,
    latencyMs: 5,
  } as const;
}

type World = { redis: Redis; keys: Keys };

async function world(t: TestContext): Promise<World> {
  return { redis: await connect(t), keys: createKeys(testPrefix(t)) };
}

let processes = 0;

function limitersOf(
  t: TestContext,
  { redis, keys }: World,
  { rpm = 0, tpm = 0, ...options }: Partial<LimitersOptions> & { rpm?: number; tpm?: number } = {},
) {
  const metrics = createWorkerMetrics();
  processes += 1;
  const limiters = createLimiters({
    redis,
    keys,
    processId: `process-${processes}`,
    endpoint,
    profileOf: () => ({ rpm, tpm, charge: 'used' }),
    burst: 0.05,
    windowMs: 60_000,
    guardMs: 500,
    callTimeoutMs: 5_000,
    fleetBudget: {},
    backoff: { baseMs: 20, maxMs: 100, random: Math.random },
    metrics,
    logger: createLogger('silent'),
    ...options,
  });
  t.after(() => limiters.stop());
  return { limiters, limiter: limiters.of('m'), metrics, ledger: createLedger(redis, keys) };
}

async function exchangesOf(metrics: ReturnType<typeof createWorkerMetrics>): Promise<number> {
  const { values } = await metrics.limiterExchanges.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

test('a call is let through at once, is fresh, and is settled when Redis has been told', async (t) => {
  const { limiter, ledger, metrics } = limitersOf(t, await world(t), { rpm: 60 });
  const permit = await limiter.acquire(REQUEST, never);
  assert.equal(permit.isFresh(), true);
  assert.equal((await ledger.spendOf('sim/p')).inFlight, 1);
  await permit.settle(answer());
  await permit.settle({ kind: 'lost' });
  const spend = await ledger.spendOf('sim/p');
  assert.deepEqual([spend.calls, spend.promptTokens, spend.lostCalls, spend.inFlight], [1, 60, 0, 0]);
  assert.equal(await exchangesOf(metrics), 2);
});

test('the limit of tokens in force is known: first as configured, then as the provider says', async (t) => {
  const { limiter } = limitersOf(t, await world(t), { tpm: 90_000 });
  assert.equal(limiter.tokenLimit(), 90_000);
  const permit = await limiter.acquire(REQUEST, never);
  await permit.settle({ ...answer(), seen: { limitTokens: 40_000 } });
  assert.equal(limiter.tokenLimit(), 40_000);
  assert.equal(limitersOf(t, await world(t)).limiter.tokenLimit(), undefined);
});

test('a request larger than what the provider says is told whose limit that is, and what to do', async (t) => {
  const { limiter } = limitersOf(t, await world(t));
  const permit = await limiter.acquire(REQUEST, never);
  await permit.settle({ ...answer(), seen: { limitTokens: 99 } });
  await assert.rejects(
    limiter.acquire(REQUEST, never),
    /provider lets through per minute: 99, .*PERSONA_FLEET_COMPLETION_TOKENS, .*persona-fleet resume/,
  );
});

test('scopes that have vanished are taken off the list by whoever begins', async (t) => {
  const shared = await world(t);
  await shared.redis.hset(shared.keys.limits.scopes, { gone: '{}' });
  const { limiter } = limitersOf(t, shared);
  await (await limiter.acquire(REQUEST, never)).settle(answer());
  await until('it to be gone', async () => (await shared.redis.hlen(shared.keys.limits.scopes)) === 1);
});

test('calls that come together share an exchange', async (t) => {
  const { limiter, metrics, ledger } = limitersOf(t, await world(t));
  const permits = await Promise.all(Array.from({ length: 16 }, () => limiter.acquire(REQUEST, never)));
  assert.equal(await exchangesOf(metrics), 1);
  await Promise.all(permits.map((permit) => permit.settle(answer())));
  assert.equal(await exchangesOf(metrics), 2);
  assert.equal((await ledger.spendOf('fleet')).calls, 16);
});

test('a permit grows old with half the guard', async (t) => {
  let nowMs = 1_700_000_000_000;
  const { limiter } = limitersOf(t, await world(t), { now: () => nowMs, guardMs: 100 });
  const permit = await limiter.acquire(REQUEST, never);
  nowMs += 50;
  assert.equal(permit.isFresh(), true);
  nowMs += 1;
  assert.equal(permit.isFresh(), false);
});

test('eight processes at the limit of a short window: none over, and the ledger has every call', async (t) => {
  const shared = await world(t);
  const windowMs = 500;
  const rpm = 100;
  const arrivals: number[] = [];
  const fleet = Array.from({ length: 8 }, () =>
    limitersOf(t, shared, { rpm, windowMs, guardMs: 20, burst: 0.1 }),
  );
  const callsEach = 40;
  let tokens = 0;
  await Promise.all(
    fleet.map(async ({ limiter }) => {
      const one = async (): Promise<void> => {
        const permit = await limiter.acquire(REQUEST, never);
        if (!permit.isFresh()) {
          await permit.settle({ kind: 'unsent' });
          return one();
        }
        arrivals.push(performance.now());
        const used = 1 + Math.floor(Math.random() * 99);
        tokens += used;
        await permit.settle(answer(used, 0));
      };
      const line = async () => {
        for (let call = 0; call < callsEach / 4; call += 1) await one();
      };
      await Promise.all([line(), line(), line(), line()]);
    }),
  );
  const fullest = Math.max(
    ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + windowMs).length),
  );
  assert.ok(fullest <= rpm, `${fullest} calls in one window`);
  const [first] = fleet;
  const spend = await first?.ledger.spendOf('fleet');
  assert.deepEqual([spend?.calls, spend?.promptTokens, spend?.inFlight], [8 * callsEach, tokens, 0]);
  assert.equal(await shared.redis.zcard(shared.keys.limits.scope(scopeId).queue), 0);
});

test('a call that is aborted while it waits leaves the line, and nothing behind', async (t) => {
  const shared = await world(t);
  const { limiter, ledger } = limitersOf(t, shared, { rpm: 1 });
  const permit = await limiter.acquire(REQUEST, never);
  const aborting = new AbortController();
  const waiting = limiter.acquire(REQUEST, aborting.signal);
  const { queue, tickets } = shared.keys.limits.scope(scopeId);
  await until('the call to wait', async () => (await shared.redis.zcard(queue)) === 1);
  aborting.abort();
  await assert.rejects(waiting, (error) => error instanceof CallAbortedError && !error.wasSent);
  await until('the line to be empty', async () => (await shared.redis.exists(queue, tickets)) === 0);
  await permit.settle(answer());
  assert.equal((await ledger.spendOf('fleet')).calls, 1);
  await assert.rejects(limiter.acquire(REQUEST, AbortSignal.abort()), CallAbortedError);
});

test('a call aborted while the exchange that lets it through is under way is given back', async (t) => {
  const { limiter, ledger } = limitersOf(t, await world(t));
  const aborting = new AbortController();
  const waiting = limiter.acquire(REQUEST, aborting.signal);
  await Promise.resolve(); // the exchange is sent in a microtask
  await Promise.resolve();
  aborting.abort();
  await assert.rejects(waiting, CallAbortedError);
  // Any later exchange comes after the one that gives the call back.
  await (await limiter.acquire(REQUEST, never)).settle(answer());
  const spend = await ledger.spendOf('fleet');
  assert.deepEqual([spend.inFlight, spend.calls], [0, 1]);
});

test('a pause refuses all calls of the model, by every worker, until it is resumed', async (t) => {
  const shared = await world(t);
  let nowMs = 1_700_000_000_000;
  const now = () => nowMs;
  const one = limitersOf(t, shared, { rpm: 1, now });
  const other = limitersOf(t, shared, { rpm: 1, now });
  await (await one.limiter.acquire(REQUEST, never)).settle(answer());
  const waiting = other.limiter.acquire(REQUEST, never);
  await shared.redis.pexpire(shared.keys.limits.scope(scopeId).state, 60_000);
  await one.limiter.pause('quota', 'the quota is used up');
  assert.equal(await shared.redis.pttl(shared.keys.limits.scope(scopeId).state), -1, 'it does not vanish');
  const isPause = (error: unknown) =>
    error instanceof ModelCallError &&
    error.reaction === 'pause' &&
    error.reason === 'quota' &&
    error.message === 'the fleet is paused: the quota is used up';
  await assert.rejects(waiting, isPause);
  await assert.rejects(one.limiter.acquire(REQUEST, never), isPause);
  await (await one.limiters.of('another').acquire(REQUEST, never)).settle(answer());
  assert.deepEqual(
    (await resumeScopes(shared.redis, shared.keys)).map(({ model }) => model),
    ['m'],
  );
  nowMs += 61_000;
  const again = limitersOf(t, shared, { rpm: 1, now });
  await (await again.limiter.acquire(REQUEST, never)).settle(answer());
});

test('budgets: over the cap is refused with the figures, for the account and for the fleet', async (t) => {
  const shared = await world(t);
  const { limiter, ledger } = limitersOf(t, shared, { fleetBudget: { tokens: 1_000 } });
  await ledger.setBudget('sim/p', { nanoDollars: 1_500 });
  const first = await limiter.acquire(REQUEST, never);
  const second = limiter.acquire(REQUEST, never);
  await first.settle({ ...answer(), nanoDollars: 600 });
  await assert.rejects(second, (error) => {
    assert.ok(error instanceof ModelCallError);
    assert.deepEqual([error.reaction, error.reason], ['pause', 'budget']);
    assert.match(error.message, /the budget of \$0\.0000015 is reached/);
    return true;
  });
  await assert.rejects(
    limiter.acquire({ ...REQUEST, account: 'sim/q', completionTokens: 900 }, never),
    /the fleet's budget of 1000 tokens is reached: 70 tokens are spent, and the next call may take 960 tokens/,
  );
  await assert.rejects(limiter.acquire({ ...REQUEST, nanoDollars: undefined }, never), /no known price/);
  await assert.rejects(
    limitersOf(t, shared, { tpm: 50 }).limiters.of('small').acquire(REQUEST, never),
    (error) => error instanceof ModelCallError && error.reason === 'request_too_large',
  );
});

test('a budget that waits for a dead worker of another model learns what that has cost', async (t) => {
  const shared = await world(t);
  let nowMs = 1_700_000_000_000;
  const now = () => nowMs;
  const dead = limitersOf(t, shared, { now });
  const { limiter, ledger, metrics } = limitersOf(t, shared, { now });
  await ledger.setBudget('sim/p', { tokens: 250 });
  await dead.limiters.of('other').acquire({ ...REQUEST, promptTokens: 0 }, never);
  await dead.limiters.stop();
  let isOver = false;
  const waiting = limiter.acquire({ ...REQUEST, completionTokens: 160 }, never);
  const refused = assert.rejects(waiting, /the budget of 250 tokens is reached: 40 tokens are spent/);
  void refused.then(() => {
    isOver = true;
  });
  await until('it to wait', async () => (await exchangesOf(metrics)) > 0);
  await until('the call to be given up', () => {
    nowMs += 5_001;
    return isOver;
  });
  await refused;
  const spend = await ledger.spendOf('sim/p');
  assert.deepEqual([spend.lostCalls, spend.lostTokens, spend.calls, spend.inFlight], [1, 40, 1, 0]);
});

test('a 429 makes all workers wait, and says until when', async (t) => {
  const shared = await world(t);
  const one = limitersOf(t, shared);
  const other = limitersOf(t, shared);
  const permit = await one.limiter.acquire(REQUEST, never);
  assert.equal(one.limiters.waitingUntilMs(), 0);
  await permit.settle({ kind: 'refused', rateLimited: { retryAfterMs: 300_000 } });
  assert.ok(one.limiters.waitingUntilMs() >= Date.now() + 290_000);
  const aborting = new AbortController();
  const waiting = other.limiter.acquire(REQUEST, aborting.signal);
  await until('the other to know', () => other.limiter.waitingUntilMs() > Date.now() + 290_000);
  aborting.abort();
  await assert.rejects(waiting, CallAbortedError);
});

test('a wait and a pause are logged once each, with their reason', async (t) => {
  const lines: { msg: string; reason?: string; error?: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const { limiter } = limitersOf(t, await world(t), { logger: createLogger('warn', { write }) });
  const permits = await Promise.all([1, 2, 3].map(() => limiter.acquire(REQUEST, never)));
  for (const permit of permits) {
    await permit.settle({ kind: 'refused', rateLimited: { retryAfterMs: 60_000 } });
  }
  await limiter.pause('credentials', 'the provider refuses the key');
  for (let time = 0; time < 2; time += 1) await assert.rejects(limiter.acquire(REQUEST, never));
  assert.deepEqual(
    lines.map(({ msg, reason, error }) => [msg, reason, error]),
    [
      ['the fleet waits for the provider', 'rate_limited', undefined],
      ['the fleet is paused until: persona-fleet resume', 'credentials', 'the provider refuses the key'],
    ],
  );
});

test('stop gives up waiting calls and tells Redis of ended ones; it may be called twice', async (t) => {
  const shared = await world(t);
  const { limiter, limiters, ledger } = limitersOf(t, shared, { rpm: 1 });
  const permit = await limiter.acquire(REQUEST, never);
  const waiting = limiter.acquire(REQUEST, never);
  void permit.settle(answer());
  const stopped = limiters.stop();
  await assert.rejects(waiting, CallAbortedError);
  await stopped;
  await limiters.stop();
  assert.equal((await ledger.spendOf('fleet')).calls, 1);
  assert.equal(await shared.redis.zcard(shared.keys.limits.scope(scopeId).queue), 0);
  await assert.rejects(limiter.acquire(REQUEST, never), CallAbortedError);
});

test('Redis away, and back with everything forgotten: calls wait, ended ones are told again', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => {});
  t.after(() => redis.disconnect());
  const shared = { redis, keys: createKeys('pft') };
  const { limiter, ledger } = limitersOf(t, shared, { rpm: 600, windowMs: 500 });
  const before = await limiter.acquire(REQUEST, never);
  await server.kill();
  const settled = before.settle(answer());
  const waiting = limiter.acquire(REQUEST, never);
  await server.restart();
  await settled;
  const permit = await waiting;
  await permit.settle(answer());
  // The first call is unknown to a Redis that has lost it; the second is counted once.
  assert.equal((await ledger.spendOf('fleet')).calls, 1);
});
