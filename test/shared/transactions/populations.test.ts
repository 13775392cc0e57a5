import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { createKeys } from '../../../src/shared/keys.ts';
import { limitScriptsOf } from '../../../src/shared/limits/scripts.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import {
  createSlotTransactions,
  type ReserveRequest,
} from '../../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix, testRedisUrl } from '../../support/redis.ts';

const ID = 'ab12ab12ab12ab12ab12ab12';

async function simulation(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const populations = createPopulations(redis, keys, 'sim');
  const define = (size: number, id = ID) =>
    populations.define({
      id,
      size,
      encode: (extents) => ({
        state: JSON.stringify({ id, extents }),
        digest: `digest-${id}-${extents.join('-')}`,
      }),
      labels: { model: 'm' },
    });
  const slotsOf = (id = ID) => createSlotTransactions(redis, keys, 'sim', id);
  const status = async (id = ID) => {
    const found = await populations.status(id);
    assert.ok(found, `population ${id} exists`);
    return found;
  };
  return { redis, keys, populations, define, slotsOf, status };
}

const commit = (name: string) => ({ name, payload: Buffer.from(name) });
const failure = {
  reason: 'refusal',
  record: JSON.stringify({ reason: 'refusal', message: 'no', attempts: 1 }),
};
const reservation = (name: string): ReserveRequest => ({
  candidates: [{ name, record: name }],
  opens: 'attempt',
});

test('define creates once, grows by extents, never shrinks, and keeps each state', async (t) => {
  const { define, status, populations } = await simulation(t);
  assert.deepEqual(await define(10), { outcome: 'created', extents: [10] });
  assert.deepEqual(await define(10), { outcome: 'unchanged', extents: [10] });
  assert.deepEqual(await define(25), { outcome: 'grown', extents: [10, 15] });
  assert.deepEqual(await define(3), { outcome: 'unchanged', extents: [10, 15] });
  const { size, stateDigest, labels, state } = await status();
  assert.deepEqual({ size, state, model: labels.model }, { size: 25, state: 'planned', model: 'm' });
  assert.equal(await populations.state(stateDigest), JSON.stringify({ id: ID, extents: [10, 15] }));
  assert.equal(await populations.state(`digest-${ID}-10`), JSON.stringify({ id: ID, extents: [10] }));
});

test('producers that grow one population at the same time agree on its extents', async (t) => {
  const { define, status } = await simulation(t);
  await Promise.all([define(10), define(30), define(20), define(30)]);
  const { size, extents } = await status();
  assert.equal(size, 30);
  assert.equal(
    extents.reduce((a, b) => a + b, 0),
    30,
  );
});

test('resume takes a paused or cancelled population up again, and nothing else', async (t) => {
  const { define, status, populations, slotsOf } = await simulation(t);
  await define(1);
  assert.equal(await populations.isUnderWay(ID), true);
  for (const stop of [
    () => populations.pause(ID, { code: 'quota', message: 'no quota' }),
    () => populations.cancel(ID),
  ]) {
    await stop();
    await define(1);
    assert.equal(await populations.isUnderWay(ID), false, 'defining it again does not resume it');
    await populations.resume(ID);
    assert.deepEqual([(await status()).state, (await status()).reason], ['planned', '']);
  }
  await slotsOf().commit(0, commit('Ann Lee'));
  await populations.resume(ID);
  assert.equal((await status()).state, 'complete');
  await assert.rejects(populations.resume('feedfeedfeedfeed'), /no population feedfeedfeedfeed/);
});

test('a connection that speaks to the rate budget as well pauses and resumes populations all the same', async (t) => {
  const { define, keys, status } = await simulation(t);
  await define(1);
  // As a worker's and a producer's connection do, which is where commands go by their name alone.
  const redis = new Redis(await testRedisUrl(), { enableAutoPipelining: true });
  t.after(() => redis.quit());
  const populations = createPopulations(redis, keys, 'sim');
  limitScriptsOf(redis);
  assert.deepEqual(await populations.pause(ID, { code: 'quota', message: 'no quota' }), {
    paused: true,
    reason: 'no quota',
  });
  await populations.resume(ID);
  assert.equal((await status()).state, 'planned');
});

test('pause keeps the first reason and does not touch what is finished or unknown', async (t) => {
  const { define, status, populations, slotsOf } = await simulation(t);
  await define(1);
  assert.deepEqual(await populations.pause(ID, { code: 'quota', message: 'first' }), {
    paused: true,
    reason: 'first',
  });
  assert.deepEqual(await populations.pause(ID, { code: 'quota', message: 'second' }), {
    paused: true,
    reason: 'first',
  });
  assert.deepEqual([(await status()).state, (await status()).reason], ['paused', 'first']);
  await slotsOf().commit(0, commit('Ann Lee'));
  assert.deepEqual(await populations.pause(ID, { code: 'quota', message: 'late' }), {
    paused: false,
    reason: '',
  });
  assert.equal((await status()).state, 'complete');
  assert.deepEqual(await populations.pause('feedfeedfeedfeed', { code: 'quota', message: 'x' }), {
    paused: false,
    reason: '',
  });
});

test('cancel gives back the names of open slots and keeps those of committed ones', async (t) => {
  const { define, populations, slotsOf, redis, keys } = await simulation(t);
  await define(3);
  const slots = slotsOf();
  await slots.reserve(0, reservation('Ann Lee'));
  await slots.commit(0, commit('Ann Lee'));
  await slots.reserve(1, reservation('Bob Ray'));
  assert.deepEqual(await populations.cancel(ID), { cancelled: true, status: 'cancelled', released: 1 });
  assert.deepEqual(await populations.cancel(ID), { cancelled: true, status: 'cancelled', released: 0 });
  assert.deepEqual(Object.values(await redis.hgetall(keys.simulation('sim').names)), [`${ID}/0`]);
});

test('cancel leaves a finished population as it is, and names an unknown one', async (t) => {
  const { define, populations, slotsOf } = await simulation(t);
  await define(1);
  await slotsOf().commit(0, commit('Ann Lee'));
  assert.deepEqual(await populations.cancel(ID), { cancelled: false, status: 'complete', released: 0 });
  await assert.rejects(populations.cancel('feedfeedfeedfeed'), /no population feedfeedfeedfeed/);
});

test('reopen opens every failed slot once and takes its reason off the counts', async (t) => {
  const { define, populations, slotsOf, status } = await simulation(t);
  await define(1200);
  const slots = slotsOf();
  await Promise.all(Array.from({ length: 1150 }, (_, slot) => slots.fail(slot, failure)));
  assert.equal(await populations.reopen(ID), 1150);
  assert.equal(await populations.reopen(ID), 0);
  const { failed, failedByReason, state } = await status();
  assert.deepEqual({ failed, failedByReason, state }, { failed: 0, failedByReason: {}, state: 'running' });
  assert.equal((await slots.openSlots(0, 1200)).length, 1200);
});

test('failures lists slot, reason and message', async (t) => {
  const { define, populations, slotsOf } = await simulation(t);
  await define(2);
  await slotsOf().fail(1, failure);
  const listed: unknown[] = [];
  for await (const listedFailure of populations.failures(ID)) listed.push(listedFailure);
  assert.deepEqual(listed, [{ slot: 1, reason: 'refusal', message: 'no', attempts: 1 }]);
});

test('forget removes a population with its names, and nothing of another one', async (t) => {
  const { define, populations, slotsOf, status, redis, keys } = await simulation(t);
  const other = 'cd34cd34cd34cd34cd34cd34';
  await define(2100);
  await define(1, other);
  await slotsOf().commit(0, commit('Ann Lee'));
  await slotsOf().commit(2099, commit('Bob Ray'));
  await slotsOf().reserve(7, reservation('Cy Dow'));
  await slotsOf(other).commit(0, commit('Dee Fox'));
  await populations.forget(ID);
  assert.equal(await populations.status(ID), undefined);
  assert.deepEqual(await populations.ids(), [other]);
  assert.deepEqual(Object.values(await redis.hgetall(keys.simulation('sim').names)), [`${other}/0`]);
  assert.equal((await status(other)).committed, 1);
  const left = await redis.keys(`${keys.simulation('sim').population(ID).meta.replace(/meta$/, '')}*`);
  assert.deepEqual(left, []);
});
