import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeScope } from '../../../src/shared/limits/scope-description.ts';
import { liftScopePauses, listScopes, resumeScopes } from '../../../src/shared/limits/scopes.ts';
import type { CallOutcome } from '../../../src/worker/llm/limiter.ts';
import { answered, askFor, SCOPE, type SimulatedFleet, simulatedFleet } from './simulated-fleet.ts';

/** The scripts' clock is set to Redis' own, by which listings go. */
async function fleetOfToday(t: Parameters<typeof simulatedFleet>[0]): Promise<SimulatedFleet> {
  const fleet = await simulatedFleet(t);
  const [seconds] = await fleet.redis.time();
  fleet.clock.nowMs = Number(seconds) * 1000;
  return fleet;
}

const listed = async ({ redis, keys }: SimulatedFleet) => {
  const [scope] = await listScopes(redis, keys);
  assert.ok(scope !== undefined);
  return scope;
};

test('a description names the host, never credentials or a path', () => {
  const text = describeScope({ model: 'm', baseUrl: 'https://user:pass@host:8443/v1/key', windowMs: 60_000 });
  assert.deepEqual(JSON.parse(text), { model: 'm', endpoint: 'host:8443', windowMs: 60_000 });
  const openai = describeScope({ model: 'm', baseUrl: undefined, windowMs: 60_000 });
  assert.equal(JSON.parse(openai).endpoint, 'api.openai.com');
});

test('a listing tells limits and where they come from, their use, who waits and what is in flight', async (t) => {
  const fleet = await fleetOfToday(t);
  assert.deepEqual(await listScopes(fleet.redis, fleet.keys), []);
  const one = fleet.process('one', { requests: 3, burst: 1 });
  const asks = Array.from({ length: 5 }, () => askFor());
  await one.exchange({ asks });
  await one.exchange({
    asks: asks.slice(3),
    settlements: [{ id: asks[0]?.id ?? '', outcome: answered(40, { seen: { limitTokens: 9_000 } }) }],
  });
  assert.deepEqual(await listed(fleet), {
    id: SCOPE,
    model: 'm',
    endpoint: 'host',
    windowMs: 60_000,
    pausedReason: undefined,
    pausedMessage: undefined,
    waitingUntilMs: undefined,
    waitReason: undefined,
    requests: { limit: 3, from: 'configured', used: 3 },
    tokens: { limit: 9_000, from: 'learnt', used: 240 },
    waiting: 2,
    inFlight: 2,
  });
});

test('use of a scope that nobody has called for a minute is none', async (t) => {
  const fleet = await fleetOfToday(t);
  fleet.clock.nowMs -= 70_000;
  await fleet.process('one', { requests: 3, burst: 1 }).ask();
  assert.deepEqual((await listed(fleet)).requests, { limit: 3, from: 'configured', used: 0 });
});

const rateLimited: CallOutcome = { kind: 'refused', rateLimited: { retryAfterMs: 300_000 } };
const waits: readonly (readonly [reason: string, outcome: CallOutcome, calls: number])[] = [
  ['rate_limited', rateLimited, 1],
  ['failing', { kind: 'refused', failing: true }, 5],
  ['unreachable', { kind: 'unsent', unreachable: true }, 5],
];
for (const [reason, outcome, calls] of waits) {
  test(`waiting because of ${reason} is listed, and ends with resume`, async (t) => {
    const fleet = await fleetOfToday(t);
    // Long enough that it is not over before it is looked at.
    const one = fleet.process('one', { backoff: { baseMs: 1_000_000, maxMs: 1_000_000 } });
    const asks = Array.from({ length: calls }, () => askFor());
    await one.exchange({ asks });
    const { waitReason } = await one.exchange({ settlements: asks.map(({ id }) => ({ id, outcome })) });
    assert.equal(waitReason, reason);
    const scope = await listed(fleet);
    assert.equal(scope.waitReason, reason);
    assert.ok((scope.waitingUntilMs ?? 0) > fleet.clock.nowMs);
    assert.equal(await one.ask(), false);
    assert.deepEqual(
      (await resumeScopes(fleet.redis, fleet.keys)).map((one) => one.waitReason),
      [reason],
    );
    assert.equal((await listed(fleet)).waitingUntilMs, undefined);
    assert.equal(await one.ask(), true);
    assert.deepEqual(await resumeScopes(fleet.redis, fleet.keys), [], 'nothing is left to resume');
  });
}

test('resume ends a pause and gives it as it was', async (t) => {
  const fleet = await fleetOfToday(t);
  const one = fleet.process('one');
  await one.ask();
  await fleet.redis.hset(fleet.scope.state, { pausedReason: 'quota', pausedMessage: 'used up' });
  const [resumed] = await resumeScopes(fleet.redis, fleet.keys);
  assert.deepEqual([resumed?.pausedReason, resumed?.pausedMessage], ['quota', 'used up']);
  assert.equal((await listed(fleet)).pausedReason, undefined);
  assert.equal(await one.ask(), true);
});

test('to lift pauses ends those, and no wait that a provider asked for', async (t) => {
  const fleet = await fleetOfToday(t);
  const paused = fleet.process('one');
  const waiting = fleet.process('one', { scope: 'waiting' });
  for (const process of [paused, waiting]) {
    const ask = askFor();
    await process.exchange({ asks: [ask] });
    await process.settle(ask.id, rateLimited);
  }
  await fleet.redis.hset(fleet.scope.state, { pausedReason: 'quota', pausedMessage: 'used up' });
  const lifted = await liftScopePauses(fleet.redis, fleet.keys);
  assert.deepEqual(
    lifted.map(({ id }) => id),
    [SCOPE],
  );
  assert.equal((await paused.exchange()).paused, undefined);
  for (const process of [paused, waiting]) {
    assert.ok((await process.exchange()).waitMs >= 300_000);
  }
});

test('resume forgets a limit that only the provider named', async (t) => {
  const fleet = await fleetOfToday(t);
  const one = fleet.process('one');
  const first = askFor();
  await one.exchange({ asks: [first] });
  await one.settle(first.id, answered(1, { seen: { limitTokens: 4_000 } }));
  const large = askFor({ tokens: 5_000 });
  assert.equal(await one.ask(large), false);
  await liftScopePauses(fleet.redis, fleet.keys);
  assert.equal(await one.ask(large), false);
  await resumeScopes(fleet.redis, fleet.keys);
  assert.equal(await one.ask(large), true);
});

test('a scope that was idle for a day is not listed, unless it is paused or a call is in flight', async (t) => {
  const fleet = await fleetOfToday(t);
  fleet.clock.nowMs -= 24 * 3_600_000 + 60_000;
  const one = fleet.process('one');
  const ask = askFor();
  await one.exchange({ asks: [ask] });
  assert.equal((await listed(fleet)).inFlight, 1);
  await one.settle(ask.id, answered(1));
  assert.deepEqual(await listScopes(fleet.redis, fleet.keys), []);
  await fleet.redis.hset(fleet.scope.state, { pausedReason: 'quota', pausedMessage: 'used up' });
  assert.equal((await listed(fleet)).pausedReason, 'quota');
});

test('a scope that nobody uses vanishes, unless it is paused or a call is in flight', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 1 });
  const asks = [askFor(), askFor()];
  const expiries = async () => {
    const { state, queue, tickets, processes } = fleet.scope;
    const left = await Promise.all([state, queue, tickets, processes].map((key) => fleet.redis.pttl(key)));
    return left.map((ms) => ms > 0);
  };
  await one.exchange({ asks });
  assert.deepEqual(await expiries(), [false, true, true, true]);
  await one.exchange({ settlements: [{ id: asks[0]?.id ?? '', outcome: answered(1) }], asks });
  assert.deepEqual(await expiries(), [true, true, true, true]);
  await fleet.redis.hset(fleet.scope.state, { pausedReason: 'quota', pausedMessage: 'used up' });
  await one.exchange();
  assert.equal(await fleet.redis.pttl(fleet.scope.state), -1);
});
