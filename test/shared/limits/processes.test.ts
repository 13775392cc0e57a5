import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, askFor, simulatedFleet } from './simulated-fleet.ts';

const asksFor = (calls: number) => Array.from({ length: calls }, () => askFor());

test('calls in flight of a dead process make room where concurrency is limited after 3 s, and are counted until their deadline', async (t) => {
  const fleet = await simulatedFleet(t);
  const [dead, next] = [fleet.process('dead'), fleet.process('next')];
  assert.equal((await dead.exchange({ asks: asksFor(20) })).granted.length, 16);
  const asks = asksFor(20);
  fleet.clock.nowMs += 3_000;
  assert.equal((await next.exchange({ asks })).granted.length, 0);
  fleet.clock.nowMs += 1;
  assert.equal((await next.exchange({ asks })).granted.length, 16);
  assert.equal((await fleet.ledger.spendOf('fleet')).inFlight, 32);
});

test('calls in flight count for as long as their process says something, though it has nothing to say', async (t) => {
  const fleet = await simulatedFleet(t);
  const [busy, next] = [fleet.process('busy'), fleet.process('next')];
  const { granted } = await busy.exchange({ asks: asksFor(16) });
  const asks = asksFor(1);
  for (let seconds = 0; seconds < 10; seconds += 1) {
    fleet.clock.nowMs += 1_000;
    await busy.exchange();
    assert.deepEqual((await next.exchange({ asks })).granted, []);
  }
  await busy.settle(granted[0]?.[0] ?? '', answered(1));
  assert.equal((await next.exchange({ asks })).granted.length, 1);
});

test('when the process dies whose call tries whether the provider answers again, another one tries', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 600 };
  const [dead, next] = [fleet.process('dead', config), fleet.process('next', config)];
  const failing = asksFor(5);
  await dead.exchange({ asks: failing });
  const settlements = failing.map(({ id }) => ({ id, outcome: { kind: 'refused', failing: true } as const }));
  fleet.clock.nowMs += (await dead.exchange({ settlements })).waitMs;
  assert.equal(await dead.ask(), true);
  const asks = asksFor(2);
  fleet.clock.nowMs += 3_000;
  assert.equal((await next.exchange({ asks })).granted.length, 0);
  fleet.clock.nowMs += 1;
  assert.equal((await next.exchange({ asks })).granted.length, 1);
  assert.equal((await next.exchange({ asks: asks.slice(1) })).granted.length, 0, 'one at a time');
});

test('the line that a dead fleet left behind is cleared away within moments', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 60_000 };
  const first = askFor();
  const next = fleet.process('next', config);
  await next.exchange({ asks: [first] });
  await next.settle(first.id, { kind: 'refused', rateLimited: { retryAfterMs: 5_000 } });
  for (let index = 0; index < 25; index += 1) {
    await fleet.process(`dead ${index}`, config).exchange({ asks: asksFor(64) });
  }
  assert.equal(await fleet.redis.zcard(fleet.scope.queue), 1_600);
  fleet.clock.nowMs += 60_000;
  const ask = askFor();
  const before = await next.exchange({ asks: [ask] });
  assert.deepEqual([before.granted, before.sleepMs], [[], 2]);
  fleet.clock.nowMs += 2;
  assert.deepEqual((await next.exchange({ asks: [ask] })).granted, [[ask.id, 0]]);
});

test('a clock that was set back by hours keeps no dead process alive, and gives up its calls in time', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 60, burst: 0.001 };
  const [dead, next] = [fleet.process('dead', config), fleet.process('next', config)];
  assert.equal(await dead.ask(), true);
  await dead.exchange({ asks: asksFor(3) });
  fleet.clock.nowMs -= 7_200_000;
  const ask = askFor();
  assert.equal(await next.ask(ask), false);
  fleet.clock.nowMs += 3_001;
  assert.equal(await next.ask(ask), true);
  await next.settle(ask.id, answered(1));
  for (let ms = 0; ms <= 130_000; ms += 1_000) {
    fleet.clock.nowMs += 1_000;
    await next.exchange();
  }
  assert.equal((await fleet.ledger.spendOf('fleet')).lostCalls, 1);
});

test('a clock that was set back by seconds changes nothing about who is in line', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 60, burst: 0.001 };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  assert.equal(await one.ask(), true);
  const [first, second] = [askFor(), askFor()];
  await one.exchange({ asks: [first] });
  await two.exchange({ asks: [second] });
  fleet.clock.nowMs -= 20_000;
  for (let time = 0; time < 6; time += 1) {
    fleet.clock.nowMs += 500;
    await two.exchange({ asks: [second] });
    await one.exchange({ asks: [first] });
  }
  assert.deepEqual(await fleet.redis.zrange(fleet.scope.queue, '0', '-1'), [first.id, second.id]);
});

test('processes of runs that are over are forgotten', async (t) => {
  const fleet = await simulatedFleet(t);
  for (let run = 0; run < 20; run += 1) {
    fleet.clock.nowMs += 3_600_000;
    await fleet.process(`run ${run}`).ask();
  }
  assert.equal(await fleet.redis.zcard(fleet.scope.processes), 1);
  const fields = await fleet.redis.hkeys(fleet.scope.state);
  assert.equal(fields.filter((field) => /^(exchange|inFlight):/.test(field)).length, 2);
});
