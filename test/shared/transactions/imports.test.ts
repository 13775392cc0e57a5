import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createImports, importsPopulationId, isImport } from '../../../src/shared/transactions/imports.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createResults } from '../../../src/shared/transactions/results.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { connect, testPrefix } from '../../support/redis.ts';

const ID = importsPopulationId('sim');
const OTHER = 'ab12ab12ab12ab12ab12ab12';
const person = (name: string, payload = name) => ({ name, payload: Buffer.from(payload) });

async function simulation(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const populations = createPopulations(redis, keys, 'sim');
  const define = (size: number) =>
    populations.define({
      id: OTHER,
      size,
      encode: () => ({ state: '{}', digest: 'd' }),
      labels: { model: 'm' },
    });
  return {
    redis,
    keys,
    populations,
    define,
    slots: createSlotTransactions(redis, keys, 'sim', OTHER),
    imports: () => createImports(redis, keys, 'sim'),
    names: () => redis.hgetall(keys.simulation('sim').names),
  };
}

test('every import is a slot of one population, complete at every moment', async (t) => {
  const { redis, keys, populations, imports } = await simulation(t);
  const first = imports();
  for (const [slot, name] of ['Ann', 'Bo', 'Cy'].entries()) {
    const adding = slot < 2 ? first : imports();
    assert.deepEqual(await adding.add(person(name)), { code: 'imported', slot });
    const status = await populations.status(ID);
    assert.ok(status && isImport(status));
    const { state, size, extents, committed, failed, reason } = status;
    const people = slot + 1;
    assert.deepEqual(
      { state, size, extents, committed, failed, reason },
      { state: 'complete', size: people, extents: [people], committed: people, failed: 0, reason: '' },
    );
  }
  assert.deepEqual(await populations.ids(), [ID]);
  assert.ok(await redis.sismember(keys.simulations, 'sim'));
  const stored: string[] = [];
  for await (const { payload } of createResults(redis, keys, 'sim', ID).committed({ from: 0, to: 3 })) {
    stored.push(payload.toString());
  }
  assert.deepEqual(stored, ['Ann', 'Bo', 'Cy']);
  assert.equal(String(await first.payload(1)), 'Bo');
  assert.equal(await first.payload(3), undefined);
  assert.equal(await createResults(redis, keys, 'sim', ID).countOpen({ from: 0, to: 3 }), 0);
});

test('a taken name changes nothing and names its owner: imported, committed or reserved', async (t) => {
  const { imports, define, slots, names, populations } = await simulation(t);
  await define(9);
  await slots.commit(3, person('José Gil'));
  await slots.reserve(4, {
    candidates: [{ name: 'Held', record: '' }],
    opens: 'attempt',
  });
  const adding = imports();
  await adding.add(person('Ann'));
  const before = await names();
  const taken: [name: string, population: string, slot: number][] = [
    ['ANN', ID, 0],
    ['jose gil', OTHER, 3],
    ['Held!', OTHER, 4],
  ];
  for (const [name, population, slot] of taken) {
    const reply = await adding.add(person(name, 'another'));
    assert.deepEqual(reply, { code: 'taken', owner: { population, slot } });
  }
  assert.deepEqual(await names(), before);
  assert.equal((await populations.status(ID))?.size, 1);
  assert.equal(String(await adding.payload(0)), 'Ann');
});

test('imports at the same time take slots of their own', async (t) => {
  const { imports, populations } = await simulation(t);
  const [one, two] = [imports(), imports()];
  await one.add(person('Ann'));
  assert.deepEqual(await two.add(person('Bo')), { code: 'imported', slot: 1 });
  assert.deepEqual(await one.add(person('Cy')), { code: 'imported', slot: 2 }, 'slot 1 was a conflict');
  const many = Array.from({ length: 20 }, (_, index) => imports().add(person(`Person ${index}`)));
  const slots = (await Promise.all(many)).map((reply) => (reply.code === 'imported' ? reply.slot : -1));
  assert.deepEqual(
    slots.toSorted((a, b) => a - b),
    many.map((_, index) => index + 3),
  );
  assert.equal((await populations.status(ID))?.committed, 23);
});

test('whoever generates a person moves on from an imported name', async (t) => {
  const { imports, define, slots, names } = await simulation(t);
  await define(1);
  await imports().add(person('Zoë Ek'));
  const candidates = ['Zoe Ek', 'Ann'].map((name) => ({ name, record: name }));
  const reservation = await slots.reserve(0, { candidates, opens: 'attempt' });
  assert.deepEqual(reservation, { code: 'reserved', record: 'Ann', attempts: 1, refused: 1 });
  const commit = await slots.commit(0, person('zoe ek'));
  assert.deepEqual(commit, { code: 'name-lost', owner: `${ID}/0` });
  assert.equal((await names())['zoe ek'], `${ID}/0`);
});

test('what ends or begins populations leaves imported people alone', async (t) => {
  const { imports, define, slots, populations, names } = await simulation(t);
  await imports().add(person('Ann'));
  await define(1);
  await slots.commit(0, person('Bo'));
  await populations.forget(OTHER);
  assert.deepEqual(await populations.cancel(ID), { cancelled: false, status: 'complete', released: 0 });
  assert.equal(await populations.reopen(ID), 0);
  await populations.resume(ID);
  assert.deepEqual(await populations.pause(ID, { code: 'quota', message: 'why' }), {
    paused: false,
    reason: '',
  });
  assert.equal((await populations.status(ID))?.state, 'complete');
  assert.deepEqual(await names(), { ann: `${ID}/0` });
  await populations.forget(ID);
  assert.deepEqual(await names(), {});
  assert.deepEqual(await imports().add(person('Ann')), { code: 'imported', slot: 0 });
});

test('a key of another type fails it before anything is written', async (t) => {
  const { redis, keys, imports, names } = await simulation(t);
  const key = keys.simulation('sim').population(ID);
  for (const broken of [key.results(0), key.counters]) {
    await redis.set(broken, 'x');
    await assert.rejects(imports().add(person('Ann')), /WRONGTYPE/);
    assert.deepEqual(await names(), {});
    assert.equal(await redis.exists(key.meta, key.committed, keys.simulation('sim').populations), 0);
    await redis.del(broken);
  }
});
