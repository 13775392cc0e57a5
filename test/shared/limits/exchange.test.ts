import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, askFor, simulatedFleet } from './simulated-fleet.ts';

test('a call is let through, settled once, and counted to its account and the fleet, to the last digit', async (t) => {
  const fleet = await simulatedFleet(t, { repeats: true });
  const one = fleet.process('one');
  // 16 digits: cjson, and Lua's own conversion, print 14.
  const nanoDollars = 1_123_456_789_012_345;
  const { granted } = await one.exchange({ asks: [askFor({ id: 'a', nanoDollars })] });
  assert.deepEqual(granted, [['a', 0]]);
  assert.equal((await fleet.ledger.spendOf('sim/p')).inFlight, 1);
  const outcome = answered(0, {
    usage: { promptTokens: 50, cachedTokens: 20, cacheWriteTokens: 5, completionTokens: 7 },
    nanoDollars,
  });
  await one.settle('a', outcome);
  await one.settle('a', outcome);
  await one.settle('never heard of', outcome);
  for (const account of ['sim/p', 'fleet']) {
    assert.deepEqual(await fleet.ledger.spendOf(account), {
      calls: 1,
      repairCalls: 0,
      lostCalls: 0,
      inFlight: 0,
      promptTokens: 50,
      cachedTokens: 20,
      cacheWriteTokens: 5,
      completionTokens: 7,
      lostTokens: 0,
      nanoDollars,
      unpricedCalls: 0,
    });
  }
});

test('every outcome moves what it should: lost ones take their worst case, unsent ones nothing', async (t) => {
  const fleet = await simulatedFleet(t, { repeats: true });
  const one = fleet.process('one');
  const asks = [
    askFor({ id: 'lost' }),
    askFor({ id: 'lost, no price', nanoDollars: undefined }),
    askFor({ id: 'refused', kind: 'repairCalls' }),
    askFor({ id: 'unsent' }),
    askFor({ id: 'unpriced', nanoDollars: undefined }),
  ];
  await one.exchange({ asks });
  await one.settle('lost', { kind: 'lost' });
  await one.settle('lost, no price', { kind: 'lost' });
  await one.settle('refused', { kind: 'refused' });
  await one.settle('unsent', { kind: 'unsent' });
  await one.settle('unpriced', answered(30, { nanoDollars: undefined }));
  const expected = {
    calls: 3,
    repairCalls: 1,
    lostCalls: 2,
    inFlight: 0,
    promptTokens: 1,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    completionTokens: 29,
    lostTokens: 200,
    nanoDollars: 1_000,
    unpricedCalls: 2,
  };
  assert.deepEqual(await fleet.ledger.spendOf('sim/p'), expected);
  assert.deepEqual(await fleet.ledger.spendOf('fleet'), expected);
  const held = await fleet.redis.hmget(
    fleet.keys.limits.ledger,
    ...['sim/p', 'fleet'].flatMap((account) => [`${account}:held:tokens`, `${account}:held:nanoDollars`]),
  );
  assert.deepEqual(held, ['0', '0', '0', '0']);
});

test('first come, first served, across processes; what fits is kept for one that sleeps', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 60, burst: 0.001 };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  assert.equal(await one.ask(), true);
  const [first, second, third] = [askFor(), askFor(), askFor()];
  await one.exchange({ asks: [first] });
  await two.exchange({ asks: [second] });
  const { sleepMs } = await one.exchange({ asks: [first, third] });
  // One call goes every 60.5 s / 60, and a bucket.
  assert.ok(sleepMs === 1_000, `${sleepMs} ms`);
  fleet.clock.nowMs += 1_011;
  assert.deepEqual((await two.exchange({ asks: [second] })).granted, [], 'the first one is asleep, not gone');
  assert.deepEqual((await one.exchange({ asks: [first, third] })).granted, [[first.id, 0]]);
  fleet.clock.nowMs += 1_011;
  assert.deepEqual((await one.exchange({ asks: [third] })).granted, []);
  assert.deepEqual((await two.exchange({ asks: [second] })).granted, [[second.id, 0]]);
});

test('tokens that are there for one that sleeps are not there for others', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { tokens: 10_000, burst: 1, charge: 'reserved' as const };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  assert.equal(await one.ask({ tokens: 10_000 }), true);
  const [asleep, small, large] = [
    askFor({ tokens: 4_000 }),
    askFor({ tokens: 6_000 }),
    askFor({ tokens: 6_001 }),
  ];
  await one.exchange({ asks: [asleep] });
  fleet.clock.nowMs += 60_000;
  await one.exchange({ asks: [asleep] });
  fleet.clock.nowMs += 1_000;
  assert.deepEqual((await two.exchange({ asks: [large] })).granted, []);
  assert.deepEqual((await two.exchange({ asks: [small] })).granted, [[small.id, 0]]);
  assert.deepEqual((await one.exchange({ asks: [asleep] })).granted, [[asleep.id, 0]]);
});

test('a large call is not starved by small ones that come after it', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { tokens: 10_000, burst: 1, charge: 'reserved' as const };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  assert.equal(await one.ask({ tokens: 4_000 }), true);
  const large = askFor({ tokens: 9_000 });
  await one.exchange({ asks: [large] });
  let small = askFor({ tokens: 100 });
  let waitedMs = 0;
  for (; waitedMs < 120_000; waitedMs += 1_000) {
    fleet.clock.nowMs += 1_000;
    const { granted } = await two.exchange({ asks: [small] });
    if (granted.length > 0) small = askFor({ tokens: 100 });
    if ((await one.exchange({ asks: [large] })).granted.length > 0) break;
  }
  assert.ok(waitedMs <= 61_000, `the large call waited ${waitedMs} ms`);
});

test('a process that was not heard of for 3 s loses its place', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 1 };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  assert.equal(await one.ask(), true);
  await one.exchange({ asks: [askFor()] });
  const waiting = askFor();
  fleet.clock.nowMs += 60_000;
  await one.exchange({ asks: [askFor()] });
  fleet.clock.nowMs += 3_000;
  assert.deepEqual((await two.exchange({ asks: [waiting] })).granted, []);
  fleet.clock.nowMs += 1;
  assert.deepEqual((await two.exchange({ asks: [waiting] })).granted, [[waiting.id, 0]]);
  assert.equal(await fleet.redis.zcard(fleet.scope.queue), 0);
});

test('what a dead process had in flight is given up as lost at its deadline, and leaves the window by itself', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 20, burst: 1, lifetimeMs: 30_000 };
  const [dead, alive] = [fleet.process('dead', config), fleet.process('alive', config)];
  const asks = Array.from({ length: 20 }, () => askFor());
  assert.equal((await dead.exchange({ asks })).granted.length, 20);
  fleet.clock.nowMs += 29_999;
  await alive.exchange();
  assert.equal((await fleet.ledger.spendOf('fleet')).inFlight, 20);
  fleet.clock.nowMs += 1;
  await alive.exchange();
  assert.equal((await fleet.ledger.spendOf('fleet')).lostCalls, 16, 'sixteen in one exchange');
  await alive.exchange();
  const spend = await fleet.ledger.spendOf('fleet');
  assert.deepEqual([spend.lostCalls, spend.lostTokens, spend.inFlight], [20, 2_000, 0]);
  assert.equal(await alive.ask(), false);
  fleet.clock.nowMs += 31_000;
  assert.equal(await alive.ask(), true);
  // Whoever finds out later what became of it is too late.
  await dead.settle(asks[0]?.id ?? '', answered(5));
  assert.equal((await fleet.ledger.spendOf('fleet')).promptTokens, 0);
});

test('a lost reply: what was let through is told again, with its age, and a message out of its time does nothing', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one');
  const ask = askFor();
  await one.exchange({ asks: [ask] });
  fleet.clock.nowMs += 300;
  assert.deepEqual((await one.exchange({ asks: [ask] })).granted, [[ask.id, 300]]);
  await one.settle(ask.id, answered(5));
  const earlier = fleet.process('one');
  await assert.rejects(earlier.exchange({ asks: [ask] }), /"stale"/);
  const spend = await fleet.ledger.spendOf('fleet');
  assert.deepEqual([spend.calls, spend.inFlight], [1, 0]);
});

test('a cancelled call leaves the line, or gives back what it was let through with', async (t) => {
  const fleet = await simulatedFleet(t, { repeats: true });
  const one = fleet.process('one', { requests: 1 });
  const [granted, waiting] = [askFor(), askFor()];
  await one.exchange({ asks: [granted, waiting] });
  assert.equal(await fleet.redis.zcard(fleet.scope.queue), 1);
  await one.exchange({ cancelled: [granted.id, waiting.id] });
  assert.deepEqual(await fleet.redis.exists(fleet.scope.queue, fleet.scope.tickets, fleet.scope.holds), 0);
  assert.equal(await one.ask(), true, 'there is room again');
});

test('a queue longer than a script looks at is served in order to its end', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 400, burst: 0.001 };
  const processes = [
    fleet.process('one', config),
    fleet.process('two', config),
    fleet.process('three', config),
  ];
  const waiting = processes.map(() => Array.from({ length: 64 }, () => askFor()));
  const order: string[] = [];
  for (let round = 0; round < 400 && order.length < 192; round += 1) {
    for (const [index, process] of processes.entries()) {
      const { granted } = await process.exchange({ asks: waiting[index] ?? [] });
      for (const [id] of granted) order.push(id);
      waiting[index] = (waiting[index] ?? []).filter(({ id }) => !granted.some(([one]) => one === id));
    }
    fleet.clock.nowMs += 160;
  }
  const number = (id: string) => Number(id.slice('call-'.length));
  assert.equal(order.length, 192);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => number(a) - number(b)),
  );
});

test('one call larger than the limit is refused at once; the others go on', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { tokens: 5_000, burst: 1 });
  const [large, small] = [askFor({ tokens: 5_001 }), askFor()];
  const reply = await one.exchange({ asks: [large, small] });
  assert.deepEqual(reply.refused, [[large.id, 'too-large', '5000', 'configured']]);
  assert.deepEqual(reply.granted, [[small.id, 0]]);
});

test('a clock that steps back lets no more through, and does not stop the fleet for good', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 1 });
  assert.equal(await one.ask(), true);
  fleet.clock.nowMs -= 5_000;
  assert.equal(await one.ask(), false);
  fleet.clock.nowMs -= 3_600_000;
  assert.equal(await one.ask(), false);
  fleet.clock.nowMs += 60_601;
  assert.equal(await one.ask(), true);
});

test('workers that disagree about the window keep to the wider one', async (t) => {
  const fleet = await simulatedFleet(t);
  const minute = fleet.process('minute', { requests: 2, burst: 1 });
  const second = fleet.process('second', { requests: 2, windowMs: 1_000, guardMs: 10, burst: 1 });
  assert.equal(await second.ask(), true);
  assert.equal(await minute.ask(), true);
  fleet.clock.nowMs += 30_000;
  assert.equal(await second.ask(), false);
  fleet.clock.nowMs += 40_000;
  assert.equal(await second.ask(), true);
});

test('a key that holds something else is named, before anything is written', async (t) => {
  const fleet = await simulatedFleet(t);
  await fleet.redis.set(fleet.scope.deadlines, 'x');
  await assert.rejects(fleet.process('one').ask(), /WRONGTYPE .*deadlines holds string, expected zset/);
  assert.equal(
    await fleet.redis.exists(fleet.scope.state, fleet.scope.processes, fleet.keys.limits.scopes),
    0,
  );
});

test('numbers that are none, from a provider or a clock, do not stop the exchange', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 100 });
  const [first, second] = [askFor({ tokens: 10.5, nanoDollars: 0.1 }), askFor({ tokens: Number.NaN })];
  await one.exchange({ asks: [first, second] });
  await one.settle(
    first.id,
    answered(1.5, {
      nanoDollars: Number.NaN,
      latencyMs: Number.NaN,
      seen: {
        limitRequests: Number.NaN,
        remainingRequests: Infinity,
        resetTokensMs: -1,
        remainingTokens: 1.5,
      },
    }),
  );
  await one.settle(second.id, { kind: 'refused', rateLimited: { retryAfterMs: Number.NaN } });
  const spend = await fleet.ledger.spendOf('fleet');
  assert.deepEqual([spend.calls, spend.promptTokens + spend.completionTokens, spend.inFlight], [2, 2, 0]);
});
