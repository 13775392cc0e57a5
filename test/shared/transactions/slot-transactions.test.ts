import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { canonicalName } from '../../../src/shared/transactions/canonical-name.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import {
  createSlotTransactions,
  type ReserveRequest,
} from '../../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix } from '../../support/redis.ts';

const POPULATION = 'ab12ab12ab12ab12ab12ab12';
const OTHER = 'cd34cd34cd34cd34cd34cd34';

/** A simulation with a planned population of `size` slots, and both sides of its transactions. */
async function planned(t: TestContext, size = 4) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const populations = createPopulations(redis, keys, 'sim');
  const define = (id: string, slots = size) =>
    populations.define({
      id,
      size: slots,
      encode: (extents) => ({ state: JSON.stringify({ extents }), digest: `d${extents.join('-')}` }),
      labels: { seed: '1' },
    });
  await define(POPULATION);
  const slots = createSlotTransactions(redis, keys, 'sim', POPULATION);
  const key = keys.simulation('sim').population(POPULATION);
  const status = async () => {
    const found = await populations.status(POPULATION);
    assert.ok(found);
    return found;
  };
  return { redis, keys, key, populations, slots, define, status, names: keys.simulation('sim').names };
}

const named = (...names: string[]): ReserveRequest => ({
  candidates: names.map((name) => ({ name, record: `record of ${name}` })),
  opens: 'attempt',
});
const result = (name: string, text = name) => ({ name, payload: Buffer.from(text) });

test('reserve gives the first free candidate, counts the attempt, and starts the population', async (t) => {
  const { slots, status, redis, names, key } = await planned(t);
  const reservation = await slots.reserve(0, named('Zoë O’Neil', 'Ann Lee'));
  assert.deepEqual(reservation, {
    code: 'reserved',
    record: 'record of Zoë O’Neil',
    attempts: 1,
    refused: 0,
  });
  assert.equal(await redis.hget(names, canonicalName('zoe oneil')), `${POPULATION}/0`);
  assert.equal(await redis.hget(key.attempts, '0'), '1');
  assert.equal((await status()).state, 'running');
});

test('reserve on a rerun returns the name the slot holds, whatever is offered', async (t) => {
  const { slots, redis, names } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  const again = await slots.reserve(0, named('Bob Ray'));
  assert.deepEqual(again, { code: 'reserved', record: 'record of Ann Lee', attempts: 2, refused: 0 });
  assert.deepEqual(Object.keys(await redis.hgetall(names)), [canonicalName('Ann Lee')]);
});

test('reserve passes over names that others own and reports how many', async (t) => {
  const { slots } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  const second = await slots.reserve(1, named('ANN  LEE', 'Bob Ray'));
  assert.deepEqual(second, { code: 'reserved', record: 'record of Bob Ray', attempts: 1, refused: 1 });
});

test('reserve answers names-taken without counting anything when all candidates are taken', async (t) => {
  const { slots, redis, key } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  const reply = await slots.reserve(1, named('Ánn Lee'));
  assert.deepEqual(reply, { code: 'names-taken', attempts: 0, refused: 1 });
  assert.equal(await redis.hget(key.attempts, '1'), null);
});

test('reserve without candidates opens a call and takes no name', async (t) => {
  const { slots, redis, names } = await planned(t);
  const reply = await slots.reserve(0, named());
  assert.deepEqual(reply, { code: 'reserved', record: '', attempts: 1, refused: 0 });
  assert.equal(await redis.exists(names), 0);
});

test('reserve answers attempts-spent at the limit, also for a slot whose attempts were counted by workers that died', async (t) => {
  const { slots } = await planned(t);
  const limited = { ...named('Ann Lee'), attemptsAllowed: 2 };
  await slots.reserve(0, limited);
  await slots.reserve(0, limited);
  assert.deepEqual(await slots.reserve(0, limited), { code: 'attempts-spent', attempts: 2 });
});

test('reserve refuses settled slots and populations that are paused, cancelled or unknown', async (t) => {
  const { slots, populations, redis, keys } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.commit(0, result('Ann Lee'));
  assert.deepEqual(await slots.reserve(0, named('Bob Ray')), { code: 'committed' });
  await slots.fail(1, { reason: 'refusal', record: '{}' });
  assert.deepEqual(await slots.reserve(1, named('Bob Ray')), { code: 'failed' });
  await populations.pause(POPULATION, { code: 'quota', message: 'no quota' });
  assert.deepEqual(await slots.reserve(2, named('Bob Ray')), { code: 'paused', reason: 'no quota' });
  await populations.cancel(POPULATION);
  assert.deepEqual(await slots.reserve(2, named('Bob Ray')), { code: 'cancelled' });
  const unknown = createSlotTransactions(redis, keys, 'sim', OTHER);
  assert.deepEqual(await unknown.reserve(0, named('Bob Ray')), { code: 'unknown-population' });
});

test('leave gives an attempt back, never below zero, and makes nothing in an unknown population', async (t) => {
  const { slots, redis, keys, key } = await planned(t);
  const left = { returnRepair: true };
  await slots.reserve(0, named('Ann Lee'));
  await slots.leave(0, left);
  await slots.leave(0, left);
  assert.equal(await redis.hget(key.attempts, '0'), '0');
  await slots.leave(1, left);
  assert.equal(await redis.hget(key.attempts, '1'), null);
  await createSlotTransactions(redis, keys, 'sim', OTHER).leave(0, left);
  assert.equal(await redis.exists(keys.simulation('sim').population(OTHER).attempts), 0);
});

test('an attempt is given back ten times at most, and the count of that goes with the slot’s attempts', async (t) => {
  const { slots, redis, key } = await planned(t);
  const left = { returnRepair: false };
  const attempts = async () => Number(await redis.hget(key.attempts, '0'));
  for (let time = 1; time <= 10; time += 1) {
    await slots.reserve(0, named('Ann Lee'));
    await slots.leave(0, left);
    assert.equal(await attempts(), 0);
  }
  await slots.reserve(0, named('Ann Lee'));
  await slots.leave(0, left);
  assert.equal(await attempts(), 1);
  await slots.commit(0, result('Ann Lee'));
  await slots.leave(0, left);
  assert.equal(await redis.exists(key.attempts), 0, 'a settled slot gets no counter again');
});

test('an attempt has one repair', async (t) => {
  const { slots, redis, key } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.beginRepair(0), { code: 'begun' });
  assert.deepEqual(await slots.beginRepair(0), { code: 'spent' });
  await slots.reserve(1, named('Bea Roy'));
  assert.deepEqual(await slots.beginRepair(1), { code: 'begun' }, 'each slot has its own');
  assert.equal(await redis.hget(key.attempts, '0'), '1', 'the attempts are as they were');
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.beginRepair(0), { code: 'begun' }, 'of the second attempt');
  assert.deepEqual(await slots.beginRepair(0), { code: 'spent' });
});

test('a repair that is given back can be taken again; leaving without it keeps it taken', async (t) => {
  const { slots } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.beginRepair(0);
  await slots.leave(0, { returnRepair: false });
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.beginRepair(0), { code: 'spent' });
  await slots.leave(0, { returnRepair: true });
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.beginRepair(0), { code: 'begun' });
});

test('a call that came to nothing is taken back, however often, and its repair or attempt can be made again', async (t) => {
  const { slots, redis, key } = await planned(t);
  const counted = () => redis.hmget(key.attempts, '0', '0:repairs');
  const limited = { ...named('Ann Lee'), attemptsAllowed: 1 };
  for (let time = 0; time < 12; time += 1) {
    assert.equal((await slots.reserve(0, limited)).code, 'reserved');
    await slots.takeBack(0, 'attempt');
    assert.deepEqual(await counted(), ['0', null]);
  }
  await slots.reserve(0, limited);
  for (let time = 0; time < 12; time += 1) {
    assert.deepEqual(await slots.beginRepair(0), { code: 'begun' });
    await slots.takeBack(0, 'repair');
    assert.deepEqual(await counted(), ['1', '0']);
  }
  await slots.leave(0, { returnRepair: false });
  assert.deepEqual(await counted(), ['0', '0'], 'the ten times of a stop are still there');
});

test('what is settled or forgotten gets no counter by being taken back', async (t) => {
  const { slots, redis, key, populations } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.commit(0, result('Ann Lee'));
  for (const counted of ['attempt', 'repair'] as const) await slots.takeBack(0, counted);
  assert.equal(await redis.exists(key.attempts), 0);
  await slots.reserve(1, named('Bob Ray'));
  await populations.forget(POPULATION);
  await slots.takeBack(1, 'attempt');
  assert.equal(await redis.exists(key.attempts), 0);
});

test('no repair of settled slots, nor in populations that are paused, cancelled or unknown; nothing is counted', async (t) => {
  const { slots, populations, redis, keys, key } = await planned(t);
  const repair = (slot: number) => slots.beginRepair(slot);
  await slots.commit(0, result('Ann Lee'));
  assert.deepEqual(await repair(0), { code: 'committed' });
  await slots.fail(1, { reason: 'refusal', record: '{}' });
  assert.deepEqual(await repair(1), { code: 'failed' });
  await populations.pause(POPULATION, { code: 'quota', message: 'no quota' });
  assert.deepEqual(await repair(2), { code: 'paused', reason: 'no quota' });
  await populations.cancel(POPULATION);
  assert.deepEqual(await repair(2), { code: 'cancelled' });
  const unknown = createSlotTransactions(redis, keys, 'sim', OTHER);
  assert.deepEqual(await unknown.beginRepair(0), { code: 'unknown-population' });
  assert.equal(await redis.exists(key.attempts), 0);
});

test('the taken repair goes with the slot’s attempts: by commit, failure and release', async (t) => {
  const { slots, populations, redis, key } = await planned(t);
  const endings: (() => Promise<unknown>)[] = [
    () => slots.commit(0, result('Ann Lee')),
    () => slots.fail(0, { reason: 'shallow_persona', record: '{}' }),
    () => populations.cancel(POPULATION),
  ];
  for (const end of endings) {
    await populations.forget(POPULATION);
    await populations.define({
      id: POPULATION,
      size: 4,
      encode: () => ({ state: '{}', digest: 'd' }),
      labels: {},
    });
    await slots.reserve(0, named('Ann Lee'));
    await slots.beginRepair(0);
    assert.equal(await redis.hlen(key.attempts), 2);
    await end();
    assert.equal(await redis.exists(key.attempts), 0, String(end));
  }
});

test('a slot that is opened again has a repair again', async (t) => {
  const { slots, populations } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.beginRepair(0);
  const record = JSON.stringify({ reason: 'shallow_persona', message: 'few', attempts: 1 });
  await slots.fail(0, { reason: 'shallow_persona', record });
  assert.equal(await populations.reopen(POPULATION), 1);
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.beginRepair(0), { code: 'begun' });
});

test('a name for an answer that is paid for is given during a pause', async (t) => {
  const { slots, populations } = await planned(t);
  await slots.reserve(0, named());
  await populations.pause(POPULATION, { code: 'quota', message: 'no quota' });
  const claim = await slots.reserve(0, { ...named('Ann Lee'), opens: 'nothing' });
  assert.deepEqual(claim, { code: 'reserved', record: 'record of Ann Lee', attempts: 1, refused: 0 });
});

test('commit stores result, name, bit and counters, and clears what the slot held', async (t) => {
  const { slots, redis, key, names, status } = await planned(t);
  await slots.reserve(2, named('Ann Lee'));
  const payload = Buffer.from([0, 255, 10, 13, 128]);
  const reply = await slots.commit(2, { name: 'Ann Lee', payload });
  assert.deepEqual(reply, { code: 'committed' });
  assert.deepEqual(await redis.hgetBuffer(key.results(2), '2'), payload);
  assert.equal(await redis.getbit(key.committed, 2), 1);
  assert.equal(await redis.hget(names, canonicalName('Ann Lee')), `${POPULATION}/2`);
  assert.equal(await redis.exists(key.reservations, key.attempts), 0);
  const { committed, state } = await status();
  assert.deepEqual({ committed, state }, { committed: 1, state: 'running' });
});

test('commit replays the first result byte for byte and moves no counter', async (t) => {
  const { slots, status } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.commit(0, result('Ann Lee', 'first'));
  const late = await slots.commit(0, result('Ann Lee', 'second'));
  assert.deepEqual(late, { code: 'replayed', payload: Buffer.from('first') });
  assert.equal((await status()).committed, 1);
});

test('commit answers name-lost when another transaction owns the name, and writes nothing', async (t) => {
  const { slots, status, redis, key } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  assert.deepEqual(await slots.commit(1, result('Ann Lee')), { code: 'name-lost', owner: `${POPULATION}/0` });
  assert.equal((await status()).committed, 0);
  assert.equal(await redis.exists(key.committed, key.results(1)), 0);
});

test('commit takes a free name that was not reserved, and gives another reserved one back', async (t) => {
  const { slots, redis, names } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  await slots.commit(0, result('Bob Ray'));
  assert.deepEqual(Object.keys(await redis.hgetall(names)), [canonicalName('Bob Ray')]);
});

test('commit is refused for failed slots and for cancelled or unknown populations, but not for paused ones', async (t) => {
  const { slots, populations, redis, keys } = await planned(t);
  await slots.fail(0, { reason: 'refusal', record: '{}' });
  assert.deepEqual(await slots.commit(0, result('Ann Lee')), { code: 'failed' });
  await slots.reserve(1, named('Bob Ray'));
  await populations.pause(POPULATION, { code: 'quota', message: 'no quota' });
  assert.deepEqual(await slots.commit(1, result('Bob Ray')), { code: 'committed' });
  await populations.cancel(POPULATION);
  assert.deepEqual(await slots.commit(2, result('Cy Dow')), { code: 'cancelled' });
  const unknown = createSlotTransactions(redis, keys, 'sim', OTHER);
  assert.deepEqual(await unknown.commit(0, result('Ann Lee')), { code: 'unknown-population' });
});

test('the last settled slot ends the population: complete, or partial when some failed', async (t) => {
  const { slots, status, define } = await planned(t, 2);
  await slots.commit(0, result('Ann Lee'));
  await slots.commit(1, result('Bob Ray'));
  assert.equal((await status()).state, 'complete');
  await define(POPULATION, 3);
  assert.equal((await status()).state, 'planned');
  await slots.fail(2, { reason: 'refusal', record: '{}' });
  assert.equal((await status()).state, 'partial');
});

test('fail records the reason, counts it, and frees the name', async (t) => {
  const { slots, status, redis, key, names } = await planned(t);
  await slots.reserve(0, named('Ann Lee'));
  const record = JSON.stringify({ reason: 'refusal', message: 'no', attempts: 1 });
  assert.deepEqual(await slots.fail(0, { reason: 'refusal', record }), { code: 'failed' });
  assert.equal(await redis.exists(names, key.reservations, key.attempts), 0);
  assert.equal(await redis.hget(key.failures, '0'), record);
  const { failed, failedByReason } = await status();
  assert.deepEqual({ failed, failedByReason }, { failed: 1, failedByReason: { refusal: 1 } });
});

test('fail changes nothing for a slot that is settled, or in a cancelled or unknown population', async (t) => {
  const { slots, status, populations, redis, keys } = await planned(t);
  const failure = { reason: 'refusal', record: '{}' };
  await slots.commit(0, result('Ann Lee'));
  assert.deepEqual(await slots.fail(0, failure), { code: 'committed' });
  await slots.fail(1, failure);
  const other = { ...failure, record: '{"attempts":2}' };
  assert.deepEqual(await slots.fail(1, other), { code: 'already-failed' });
  await populations.cancel(POPULATION);
  assert.deepEqual(await slots.fail(2, failure), { code: 'cancelled' });
  const unknown = createSlotTransactions(redis, keys, 'sim', OTHER);
  assert.deepEqual(await unknown.fail(0, failure), { code: 'unknown-population' });
  const { committed, failed } = await status();
  assert.deepEqual({ committed, failed }, { committed: 1, failed: 1 });
});

test('commit and fail, repeated after a lost reply, answer the same and move no counter twice', async (t) => {
  const { slots, status } = await planned(t);
  const failure = { reason: 'refusal', record: '{"attempts":1}' };
  for (const _ of [1, 2]) {
    assert.deepEqual(await slots.commit(0, result('Ann Lee')), { code: 'committed' });
    assert.deepEqual(await slots.fail(1, failure), { code: 'failed' });
  }
  const { committed, failed, failedByReason } = await status();
  assert.deepEqual(
    { committed, failed, failedByReason },
    { committed: 1, failed: 1, failedByReason: { refusal: 1 } },
  );
});

test('openSlots leaves out what is committed or failed, across byte boundaries', async (t) => {
  const { slots } = await planned(t, 40);
  for (const slot of [0, 7, 8, 23]) await slots.commit(slot, result(`Ann ${slot}`));
  await slots.fail(24, { reason: 'refusal', record: '{}' });
  assert.deepEqual(await slots.openSlots(5, 11), [5, 6, 9, 10]);
  assert.deepEqual(await slots.openSlots(22, 26), [22, 25]);
  assert.deepEqual(await slots.openSlots(38, 40), [38, 39]);
});

test('a hundred workers want one name: one owner, the others go on', async (t) => {
  const { slots, redis, names } = await planned(t, 100);
  const spellings = ['Zoë O’Neil', 'zoe  oneil', 'ZOË ONEIL', "Zoe O'Neil"];
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, slot) =>
      slots.reserve(
        slot,
        named(spellings[slot % spellings.length] ?? '', `Person ${'abcdefghij'[slot % 10]} ${slot}x`),
      ),
    ),
  );
  assert.equal(replies.filter((reply) => reply.code === 'reserved' && reply.refused === 0).length, 1);
  assert.ok(replies.every((reply) => reply.code === 'reserved'));
  assert.equal(await redis.hlen(names), 100);
});

test('a key of another type fails each script before its first write', async (t) => {
  const { slots, redis, key, status } = await planned(t);
  await redis.set(key.reservations, 'not a hash');
  await assert.rejects(slots.reserve(0, named('Ann Lee')), /WRONGTYPE/);
  await assert.rejects(slots.commit(0, result('Ann Lee')), /WRONGTYPE/);
  await assert.rejects(slots.fail(0, { reason: 'x', record: '{}' }), /WRONGTYPE/);
  await redis.del(key.reservations);
  await redis.set(key.attempts, 'not a hash');
  await assert.rejects(slots.beginRepair(0), /WRONGTYPE/);
  await assert.rejects(slots.leave(0, { returnRepair: true }), /WRONGTYPE/);
  await redis.del(key.attempts);
  assert.equal(await redis.exists(key.committed, key.failed, key.results(0), key.attempts), 0);
  const { committed, failed } = await status();
  assert.deepEqual({ committed, failed }, { committed: 0, failed: 0 });
});
