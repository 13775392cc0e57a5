import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Budget } from '../../../src/shared/limits/ledger.ts';
import type { CallOutcome } from '../../../src/worker/llm/limiter.ts';
import type { Ask } from '../../../src/worker/llm/limiter-exchange.ts';
import { createSeededRandom } from './seeded-random.ts';
import { answered, askFor, simulatedFleet } from './simulated-fleet.ts';

test('what only fits once calls in flight have ended waits, and holds up nobody; what cannot fit is refused', async (t) => {
  const fleet = await simulatedFleet(t, { repeats: true });
  const [one, two] = [fleet.process('one', { requests: 1_000 }), fleet.process('two', { requests: 1_000 })];
  await fleet.ledger.setBudget('sim/p', { nanoDollars: 1_500 });
  const [first, second] = [askFor(), askFor()];
  assert.equal(await one.ask(first), true);
  const reply = await one.exchange({ asks: [second] });
  assert.deepEqual([reply.granted, reply.refused, reply.budgetWait], [[], [], true]);
  assert.equal(await two.ask({ account: 'sim/q' }), true);
  assert.equal(await one.ask({ account: 'sim/q' }), true);

  await one.exchange({ settlements: [{ id: first.id, outcome: answered(400) }], asks: [] });
  assert.deepEqual((await one.exchange({ asks: [second] })).granted, [[second.id, 0]]);
  await one.settle(second.id, answered(300));
  const third = askFor();
  assert.deepEqual((await one.exchange({ asks: [third] })).refused, [
    [third.id, 'budget', 'sim/p', 'nanoDollars', '1500', '700', '1000'],
  ]);
  await fleet.ledger.setBudget('sim/p', { nanoDollars: 1_700 });
  assert.equal(await one.ask(third), true);
});

test('calls that wait for a budget take no place in line, however many they are', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 6_000 };
  await fleet.ledger.setBudget('sim/p', { tokens: 1_000 });
  assert.equal(await fleet.process('holder', config).ask({ tokens: 900 }), true);
  for (const name of ['one', 'two']) {
    const asks = Array.from({ length: 40 }, () => askFor({ tokens: 200 }));
    const reply = await fleet.process(name, config).exchange({ asks });
    assert.deepEqual([reply.granted, reply.refused, reply.budgetWait], [[], [], true]);
  }
  assert.equal(await fleet.redis.exists(fleet.scope.queue), 0);
  assert.equal(await fleet.process('other', config).ask({ account: 'sim/q' }), true);
});

test('what a dead worker holds of a budget is given up after 15 s: whoever waits for it is told that it is spent', async (t) => {
  const fleet = await simulatedFleet(t);
  await fleet.ledger.setBudget('sim/p', { tokens: 1_000 });
  const living = fleet.process('living');
  const [mine, asked] = [askFor({ tokens: 50 }), askFor({ tokens: 200 })];
  assert.equal(await living.ask(mine), true);
  assert.equal(await fleet.process('dead').ask({ tokens: 900 }), true);
  for (let second = 1; second <= 15; second += 1) {
    fleet.clock.nowMs += 1_000;
    assert.equal((await living.exchange({ asks: [asked] })).budgetWait, true, `after ${second} s`);
  }
  fleet.clock.nowMs += 1_000;
  await living.exchange({ asks: [asked] });
  const { refused } = await living.exchange({ asks: [asked] });
  assert.deepEqual(refused[0]?.slice(0, 3), [asked.id, 'budget', 'sim/p']);
  const { lostCalls, lostTokens, inFlight } = await fleet.ledger.spendOf('sim/p');
  assert.deepEqual([lostCalls, lostTokens, inFlight], [1, 900, 1], 'the living one keeps its own');
});

test('calls that wait for the rate set nothing of a budget aside', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 1 });
  await fleet.ledger.setBudget('sim/p', { tokens: 300 });
  const asks = Array.from({ length: 4 }, () => askFor());
  const reply = await one.exchange({ asks });
  assert.deepEqual([reply.granted.length, reply.budgetWait], [1, true]);
  const held = await fleet.redis.hget(fleet.keys.limits.ledger, 'sim/p:held:tokens');
  assert.deepEqual([held, await fleet.redis.zcard(fleet.scope.queue)], ['100', 2]);
});

test('a budget in dollars refuses calls whose price is not known; one in tokens does not', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  await fleet.ledger.setBudget('sim/p', { nanoDollars: 1e15, tokens: 1e9 });
  const unpriced = askFor({ nanoDollars: undefined });
  assert.deepEqual((await one.exchange({ asks: [unpriced] })).refused, [[unpriced.id, 'unpriced', 'sim/p']]);
  await fleet.ledger.setBudget('sim/p', { tokens: 1e9 });
  assert.equal(await one.ask(unpriced), true);
});

test('the figures of a large budget are exact', async (t) => {
  const fleet = await simulatedFleet(t);
  await fleet.ledger.setBudget('sim/p', { nanoDollars: 1_123_456_789_012_345 });
  const ask = askFor({ nanoDollars: 1_123_456_789_012_346 });
  const { refused } = await fleet.process('one').exchange({ asks: [ask] });
  assert.deepEqual(refused[0]?.slice(4), ['1123456789012345', '0', '1123456789012346']);
});

test('an account that is forgotten keeps its calls in flight in the books', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const [early, late] = [askFor(), askFor()];
  await one.exchange({ asks: [early, late] });
  await one.settle(early.id, answered(70));
  await fleet.ledger.forget('sim/p');
  const spend = await fleet.ledger.spendOf('sim/p');
  assert.deepEqual([spend.calls, spend.promptTokens, spend.inFlight], [0, 0, 1]);
  await one.settle(late.id, answered(70));
  assert.equal((await fleet.ledger.spendOf('sim/p')).inFlight, 0);
  assert.equal((await fleet.ledger.spendOf('fleet')).calls, 2);
});

test('whatever calls take and however they end, no account and not the fleet ever exceeds its budget', async (t) => {
  const budget = fc.record(
    { nanoDollars: fc.integer({ min: 0, max: 60_000 }), tokens: fc.integer({ min: 0, max: 6_000 }) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer(), budget, budget, budget, async (seed, p, q, all) => {
      const fleet = await simulatedFleet(t, { repeats: true });
      const random = createSeededRandom(seed);
      const accounts = { 'sim/p': p, 'sim/q': q };
      for (const [account, cap] of Object.entries(accounts)) await fleet.ledger.setBudget(account, cap);
      const processes = ['one', 'two'].map((name) => fleet.process(name, { fleetBudget: all }));
      const waiting = processes.map((): Ask[] => []);
      const inFlight: Ask[] = [];
      for (let step = 0; step < 60; step += 1) {
        const index = Math.floor(random() * processes.length);
        const asks = waiting[index] ?? [];
        if (asks.length < 4) {
          const account = random() < 0.5 ? 'sim/p' : 'sim/q';
          asks.push(
            askFor({
              account,
              tokens: 1 + Math.floor(random() * 500),
              nanoDollars: Math.floor(random() * 5_000),
            }),
          );
        }
        const ending = random() < 0.6 ? inFlight.splice(Math.floor(random() * inFlight.length), 1) : [];
        const settlements = ending.map((ask) => ({ id: ask.id, outcome: someOutcome(ask, random) }));
        const reply = await processes[index]?.exchange({ asks, settlements });
        const ended = new Set([...(reply?.granted ?? []), ...(reply?.refused ?? [])].map(([id]) => id));
        const granted = new Set(reply?.granted.map(([id]) => id));
        inFlight.push(...asks.filter(({ id }) => granted.has(id)));
        waiting[index] = asks.filter(({ id }) => !ended.has(id));
        for (const [account, cap] of Object.entries({ ...accounts, fleet: all })) {
          await assertWithin(fleet, account, cap);
        }
      }
    }),
    { numRuns: 15 },
  );
});

/** Nothing uses more than it reserved. */
function someOutcome({ tokens, nanoDollars = 0 }: Ask, random: () => number): CallOutcome {
  const kind = (['answered', 'answered', 'lost', 'refused', 'unsent'] as const)[Math.floor(random() * 5)];
  if (kind !== 'answered') return { kind: kind ?? 'lost' };
  return answered(Math.floor(random() * (tokens + 1)), {
    nanoDollars: Math.floor(random() * (nanoDollars + 1)),
  });
}

async function assertWithin(
  { ledger }: Awaited<ReturnType<typeof simulatedFleet>>,
  account: string,
  cap: Budget,
): Promise<void> {
  const { promptTokens, completionTokens, lostTokens, nanoDollars } = await ledger.spendOf(account);
  const tokens = promptTokens + completionTokens + lostTokens;
  assert.ok(
    nanoDollars <= (cap.nanoDollars ?? Infinity),
    `${account} spent ${nanoDollars} of ${cap.nanoDollars}`,
  );
  assert.ok(tokens <= (cap.tokens ?? Infinity), `${account} used ${tokens} of ${cap.tokens} tokens`);
}
