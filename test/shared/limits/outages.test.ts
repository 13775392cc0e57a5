import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answered, askFor, simulatedFleet } from './simulated-fleet.ts';

const asksFor = (calls: number) => Array.from({ length: calls }, () => askFor());

test('calls that fall due while Redis is away are not given up before their process could tell how they ended', async (t) => {
  const fleet = await simulatedFleet(t);
  const config = { requests: 6_000 };
  const [one, two] = [fleet.process('one', config), fleet.process('two', config)];
  const asks = asksFor(20);
  await one.exchange({ asks });
  fleet.clock.nowMs += 131_000;
  await two.exchange();
  await two.exchange();
  fleet.clock.nowMs += 1_000;
  await one.exchange({ settlements: asks.slice(2).map(({ id }) => ({ id, outcome: answered(10) })) });
  for (let time = 0; time < 4; time += 1) {
    fleet.clock.nowMs += 3_000;
    await two.exchange();
  }
  const spend = await fleet.ledger.spendOf('fleet');
  assert.deepEqual([spend.calls, spend.lostCalls, spend.inFlight], [20, 2, 0]);
});

test('however seldom somebody says something, a call is given up', async (t) => {
  const fleet = await simulatedFleet(t);
  assert.equal(await fleet.process('dead').ask(), true);
  const seldom = fleet.process('seldom');
  for (const lost of [0, 1]) {
    fleet.clock.nowMs += 3_600_000;
    await seldom.exchange();
    assert.equal((await fleet.ledger.spendOf('fleet')).lostCalls, lost);
  }
});

test('when Redis has forgotten everything in mid-run no window is over', async (t) => {
  const fleet = await simulatedFleet(t);
  const one = fleet.process('one', { requests: 60, burst: 1 });
  assert.equal((await one.exchange({ asks: asksFor(60) })).granted.length, 60);
  await fleet.redis.del(...Object.values(fleet.scope));
  const asks = asksFor(60);
  assert.deepEqual((await one.exchange({ asks })).granted, []);
  fleet.clock.nowMs += 60_000;
  assert.deepEqual((await one.exchange({ asks })).granted, []);
  fleet.clock.nowMs += 700;
  assert.equal((await one.exchange({ asks })).granted.length, 60);
});

test('a worker that begins has a window of its own, and so has one that Redis has forgotten where no limit is known', async (t) => {
  const fleet = await simulatedFleet(t);
  assert.equal(await fleet.process('one', { requests: 60 }).ask(), true);
  const other = fleet.process('other', { scope: 'other' });
  assert.equal(await other.ask(), true);
  await fleet.redis.del(...Object.values(fleet.keys.limits.scope('other')));
  assert.equal(await other.ask(), true);
});
