import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOutcome } from '../../../src/worker/llm/limiter.ts';
import type { ScopeConfig } from '../../../src/worker/llm/limiter-exchange.ts';
import { fullestWindow, saturatedRun } from './saturated-run.ts';
import {
  answered,
  askFor,
  type SimulatedFleet,
  type SimulatedProcess,
  simulatedFleet,
} from './simulated-fleet.ts';

const FAILED: CallOutcome = { kind: 'refused', failing: true };
const UNREACHABLE: CallOutcome = { kind: 'unsent', unreachable: true };

/** Asks for so many calls at once; returns the ids of those let through. */
async function begin(process: SimulatedProcess, calls: number): Promise<string[]> {
  const asks = Array.from({ length: calls }, () => askFor());
  const { granted } = await process.exchange({ asks });
  const ids = granted.map(([id]) => id);
  await process.exchange({ cancelled: asks.map(({ id }) => id).filter((id) => !ids.includes(id)) });
  return ids;
}

async function end(process: SimulatedProcess, ids: readonly string[], outcome: CallOutcome) {
  return process.exchange({ settlements: ids.map((id) => ({ id, outcome })) });
}

async function stateOf({ redis, scope }: SimulatedFleet, field: string): Promise<number> {
  return Number(await redis.hget(scope.state, field));
}

test('a limit that only headers tell is kept from then on; a lower one tightens, a higher one never loosens a configured one', async (t) => {
  for (const [config, expected] of [
    [{}, 40],
    [{ requests: 100 }, 40],
    [{ requests: 10 }, 10],
  ] as const) {
    const fleet = await simulatedFleet(t);
    const one = fleet.process('one', { ...config, burst: 1 });
    const [first = ''] = await begin(one, 1);
    await one.settle(first, answered(1, { seen: { limitRequests: 40 } }));
    assert.equal((await begin(one, 64)).length, expected - 1);
  }
});

test('headers of an earlier call that come late change nothing; nor does a limit that is none', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { burst: 1 });
  const [early = '', late = '', last = ''] = await begin(one, 3);
  await one.settle(late, answered(1, { seen: { limitRequests: 20 } }));
  await one.settle(early, answered(1, { seen: { limitRequests: 50 } }));
  await one.settle(last, answered(1, { seen: { limitRequests: 0, limitTokens: -1 } }));
  assert.equal((await begin(one, 64)).length, 17);
});

test('a limit that is cut in half is obeyed within one window, and its use stays at 98 %', async (t) => {
  const fleet = await simulatedFleet(t);
  const options = {
    durationMs: 60_000,
    processes: 2,
    concurrency: 16,
    reserved: () => 100,
    yield: () => 1,
    latencyMs: () => 500,
  };
  await saturatedRun(fleet, { ...options, seed: 1, config: { requests: 300 } });
  const one = fleet.process('teller', { requests: 300 });
  let told = false;
  for (; !told; fleet.clock.nowMs += 100) {
    const [id] = await begin(one, 1);
    if (id === undefined) continue;
    await one.settle(id, answered(100, { seen: { limitRequests: 150 } }));
    told = true;
  }
  const { arrivals } = await saturatedRun(fleet, {
    ...options,
    durationMs: 180_000,
    seed: 2,
    config: { requests: 300 },
  });
  const from = fleet.clock.nowMs - 120_000;
  const later = arrivals.filter(({ atMs }) => atMs >= from);
  assert.ok(fullestWindow(later, 60_000, 'used').requests <= 150);
  assert.ok(later.length >= 0.98 * 300, `${later.length} of 300 calls`);
});

test('what others use of the limit is left to them, until a newer reading or for one window', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 100, burst: 1 });
  const [first = '', second = ''] = await begin(one, 2);
  // 30 are gone, 2 of them by us.
  await one.settle(first, answered(1, { seen: { limitRequests: 100, remainingRequests: 70 } }));
  assert.equal((await begin(one, 64)).length, 64);
  assert.equal((await begin(one, 64)).length, 72 - 66);
  fleet.clock.nowMs += 61_000;
  assert.equal((await begin(one, 64)).length, 64);
  assert.equal((await begin(one, 64)).length, 36, 'all of it is ours again after a window');
  await one.settle(second, answered(1, { seen: { remainingRequests: 0 } }));
  fleet.clock.nowMs += 61_000;
  const [third = ''] = await begin(one, 1);
  // 1 % off may as well be a clock's.
  await one.settle(third, answered(1, { seen: { limitRequests: 100, remainingRequests: 98 } }));
  assert.equal((await begin(one, 64)).length + (await begin(one, 64)).length, 99);
});

test("others leave a limit alone that was configured below what they leave of the provider's", async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 40, burst: 1 });
  const [first = ''] = await begin(one, 1);
  await one.settle(first, answered(1, { seen: { limitRequests: 100, remainingRequests: 50 } }));
  assert.equal((await begin(one, 64)).length, 39);
});

test('a provider that counts at the end of a call does not make our own calls pass for those of others', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 100, burst: 1 });
  const [first = ''] = await begin(one, 1);
  await begin(one, 50);
  await one.settle(first, answered(1, { seen: { limitRequests: 100, remainingRequests: 49 } }));
  assert.equal((await begin(one, 64)).length, 49);
});

for (const [asked, retryAfterMs] of [
  ['nothing', undefined],
  ['0', 0],
  ['5 s', 5_000],
  ['300 s', 300_000],
] as const) {
  test(`a 429 that asks for ${asked}: all wait for that and a backoff, for a burst of them once`, async (t) => {
    const fleet = await simulatedFleet(t, { repeats: true });
    const [one, two] = [fleet.process('one'), fleet.process('two')];
    const ids = await begin(one, 8);
    const reply = await end(one, ids, { kind: 'refused', rateLimited: { retryAfterMs } });
    const waitMs = (retryAfterMs ?? 0) + 250; // half of the first backoff of 500 ms
    assert.deepEqual([reply.waitMs, reply.waitReason], [waitMs, 'rate_limited']);
    const waiting = await two.exchange({ asks: [askFor()] });
    assert.deepEqual([waiting.granted, waiting.sleepMs], [[], Math.min(1_000, waitMs)]);
    fleet.clock.nowMs += waitMs - 1;
    assert.equal(await one.ask(), false);
    fleet.clock.nowMs += 5_001;
    assert.equal((await begin(one, 8)).length, 8, 'after one refusal all go on');
  });
}

test('429s in a row: the backoff doubles up to its maximum, and one call at a time tries until one is answered', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 10_000 });
  const waits: number[] = [];
  for (let time = 0; time < 9; time += 1) {
    const ids = await begin(one, 8);
    assert.equal(ids.length, time < 2 ? 8 : 1, `calls after ${time} refusals`);
    waits.push((await end(one, ids, { kind: 'refused', rateLimited: { retryAfterMs: undefined } })).waitMs);
    fleet.clock.nowMs += waits.at(-1) ?? 0;
  }
  assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  const [probe = ''] = await begin(one, 8);
  assert.equal(await one.ask(), false, 'one at a time');
  await one.settle(probe, answered(10));
  assert.equal((await begin(one, 8)).length, 8);
});

test('the answer to a call that was under way before a 429 does not end the row', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const [refused = '', slow = ''] = await begin(one, 2);
  await one.settle(refused, { kind: 'refused', rateLimited: { retryAfterMs: undefined } });
  await one.settle(slow, answered(10));
  assert.equal(await stateOf(fleet, 'refusals'), 1);
});

test('five failures in a row open the breaker; then one call at a time, until one is answered', async (t) => {
  const fleet = await simulatedFleet(t, { repeats: true });
  const one = fleet.process('one');
  const ids = await begin(one, 16);
  await end(one, ids.slice(0, 4), FAILED);
  await end(one, ids.slice(4, 5), answered(10));
  await end(one, ids.slice(5, 9), FAILED);
  assert.equal((await one.exchange()).waitMs, 0, 'an answer between them: not five in a row');
  const opened = await end(one, ids.slice(9, 10), { kind: 'lost', failing: true });
  assert.deepEqual([opened.waitMs, opened.waitReason], [250, 'failing']);
  assert.equal(
    (await end(one, ids.slice(10, 15), FAILED)).waitMs,
    250,
    'calls under way count for the same opening',
  );
  fleet.clock.nowMs += 250;
  const [probe = '', ...more] = await begin(one, 8);
  assert.deepEqual(more, []);
  assert.equal((await one.settle(probe, FAILED)).waitMs, 500);
  fleet.clock.nowMs += 500;
  const [unsent = ''] = await begin(one, 8);
  await one.settle(unsent, { kind: 'unsent' });
  const [answering = ''] = await begin(one, 8);
  await one.settle(answering, answered(10));
  assert.equal((await begin(one, 8)).length, 8);
});

test('an endpoint out of reach: the fleet waits, and pauses when that lasts for two minutes', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  await end(one, await begin(one, 5), UNREACHABLE);
  assert.equal((await one.exchange()).waitReason, 'unreachable');
  const startMs = fleet.clock.nowMs;
  for (let failures = 0; failures < 100; failures += 1) {
    const { waitMs, paused } = await one.exchange();
    if (paused !== undefined) break;
    fleet.clock.nowMs += waitMs;
    await end(one, await begin(one, 1), UNREACHABLE);
  }
  const forMs = fleet.clock.nowMs - startMs;
  assert.ok(forMs >= 120_000 && forMs < 150_000, `paused after ${forMs} ms`);
  const ask = askFor();
  const { refused } = await one.exchange({ asks: [ask] });
  assert.deepEqual(refused[0]?.slice(0, 3), [ask.id, 'paused', 'unreachable']);
  assert.match(refused[0]?.[3] ?? '', /no connection to the model endpoint came about for 1[2-4]\d s/);
  assert.equal((await fleet.ledger.spendOf('fleet')).calls, 0, 'what was never sent is not counted');
});

test('a reply of any kind shows that the endpoint can be reached', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  await end(one, await begin(one, 5), UNREACHABLE);
  fleet.clock.nowMs += 100_000;
  await end(one, await begin(one, 1), FAILED);
  fleet.clock.nowMs += 100_000;
  await end(one, await begin(one, 1), UNREACHABLE);
  assert.equal((await one.exchange()).paused, undefined);
});

test('without a known limit concurrency starts at 16, doubles a round, and is halved once by a burst of 429s', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const round = async (outcome: CallOutcome) => {
    const ids = await begin(one, 64);
    await end(one, ids, outcome);
    fleet.clock.nowMs += 1_000;
    return ids.length;
  };
  assert.deepEqual([await round(answered(10)), await round(answered(10))], [16, 32]);
  const ids = await begin(one, 64);
  await end(one, ids, { kind: 'refused', rateLimited: { retryAfterMs: undefined } });
  fleet.clock.nowMs += 1_000;
  assert.equal(await round(answered(10)), 32);
  assert.equal(Math.round(await stateOf(fleet, 'cwnd')), 33, 'from then on by one a round');
});

test('without a known limit calls that take much longer than they used to make the fleet ask for fewer', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const round = async (latencyMs: number) => {
    const ids = await begin(one, 64);
    await end(one, ids, answered(10, { latencyMs }));
    return ids.length;
  };
  for (let rounds = 0; rounds < 4; rounds += 1) await round(200);
  const widest = await stateOf(fleet, 'cwnd');
  await round(5_000);
  await round(5_000);
  assert.equal(Math.round(await stateOf(fleet, 'cwnd')), Math.round(widest * 0.9 * 0.9), 'once a round');
  for (let rounds = 0; rounds < 10; rounds += 1) await round(5_000);
  assert.ok((await round(5_000)) < 64);
});

test('a pause refuses every ask, and leaves calls in flight alone', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const [running = ''] = await begin(one, 1);
  await fleet.redis.hset(fleet.scope.state, { pausedReason: 'quota', pausedMessage: 'used up' });
  const ask = askFor();
  assert.deepEqual((await one.exchange({ asks: [ask] })).refused, [[ask.id, 'paused', 'quota', 'used up']]);
  await one.settle(running, answered(10));
  assert.equal((await fleet.ledger.spendOf('fleet')).calls, 1);
  assert.deepEqual((await one.exchange()).paused, ['quota', 'used up']);
});

test('of workers that are configured differently the lowest limit counts, until nothing is heard of it any more', async (t) => {
  const fleet = await simulatedFleet(t);
  const withLimit = (config: Partial<ScopeConfig>) =>
    fleet.process(`limit ${config.requests}`, { burst: 1, ...config });
  const [low, high, none] = [
    withLimit({ requests: 5 }),
    withLimit({ requests: 8 }),
    withLimit({ requests: 0 }),
  ];
  assert.equal((await begin(high, 3)).length, 3);
  assert.equal((await begin(low, 1)).length, 1);
  assert.equal((await begin(high, 64)).length, 1);
  fleet.clock.nowMs += 3_000;
  assert.equal((await begin(none, 64)).length, 0);
  fleet.clock.nowMs += 1;
  assert.equal((await begin(high, 64)).length, 3);
  fleet.clock.nowMs += 3_001;
  assert.equal((await begin(none, 8)).length, 8);
});

test('what was owed under a higher limit holds up nobody for longer than a window', async (t) => {
  const fleet = await simulatedFleet(t);
  const high = fleet.process('high', { tokens: 100_000, burst: 1 });
  const low = fleet.process('low', { tokens: 10_000, burst: 1 });
  assert.equal(await high.ask({ tokens: 90_000 }), true);
  const ask = askFor({ tokens: 100 });
  assert.equal(await low.ask(ask), false);
  fleet.clock.nowMs += 61_000;
  assert.equal(await low.ask(ask), true);
});

test('a limit that the provider does not name again is forgotten after ten windows', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { tokens: 9_000, burst: 1 });
  const [first = ''] = await begin(one, 1);
  await one.settle(first, answered(1, { seen: { limitTokens: 4_000 } }));
  const large = askFor({ tokens: 5_000 });
  fleet.clock.nowMs += 600_000;
  assert.deepEqual((await one.exchange({ asks: [large] })).refused, [
    [large.id, 'too-large', '4000', 'learnt'],
  ]);
  fleet.clock.nowMs += 1;
  assert.equal(await one.ask(large), true);
});

test('a reply that names its tokens may be a 429 or a failure all the same', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const ids = await begin(one, 6);
  const failing = await end(one, ids.slice(0, 5), answered(10, { failing: true }));
  assert.deepEqual([failing.waitReason, failing.waitMs], ['failing', 250]);
  const limited = await end(one, ids.slice(5), answered(10, { rateLimited: { retryAfterMs: 5_000 } }));
  assert.deepEqual([limited.waitReason, limited.waitMs], ['rate_limited', 5_250]);
  assert.equal(await stateOf(fleet, 'refusals'), 1);
  assert.equal((await fleet.ledger.spendOf('fleet')).completionTokens, 54);
});

test('what calls wait for that no limit is known of: nobody asks more often than every 25 ms', async (t) => {
  const fleet = await simulatedFleet(t);
  const [one, two] = [fleet.process('one'), fleet.process('two')];
  const [first = ''] = await begin(one, 16);
  await one.settle(first, answered(10, { latencyMs: 20 }));
  await begin(one, 64);
  assert.equal((await two.exchange({ asks: [askFor()] })).sleepMs, 25);
});
