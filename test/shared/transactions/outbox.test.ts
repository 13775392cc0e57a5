import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createOutbox } from '../../../src/shared/transactions/outbox.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../../src/shared/transactions/slot-transactions.ts';
import { createStoredResults } from '../../../src/shared/transactions/stored-results.ts';
import { connect, startRedis, testPrefix } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const POPULATION = 'ab12ab12ab12ab12ab12ab12';
const FILE = '/data/people.jsonl';
const LEASE_MS = 60_000;

/** A population with these slots committed, and outboxes on it by holder. */
async function committed(t: TestContext, slots: readonly number[], url?: string) {
  const redis = await connect(t, url);
  const keys = createKeys(url === undefined ? testPrefix(t) : 'pft');
  const populations = createPopulations(redis, keys, 'sim');
  const define = (size: number) =>
    populations.define({
      id: POPULATION,
      size,
      encode: (extents) => ({ state: JSON.stringify(extents), digest: `d${extents.join('-')}` }),
      labels: {},
    });
  await define(5_000);
  const transactions = createSlotTransactions(redis, keys, 'sim', POPULATION);
  const commit = (slot: number) =>
    transactions.commit(slot, { name: `Person ${slot}`, payload: Buffer.from(`result ${slot}`) });
  for (const slot of slots) await commit(slot);
  const outbox = (holder: string, population = POPULATION, leaseMs = LEASE_MS) =>
    createOutbox(redis, keys, { simulation: 'sim', population, holder, leaseMs });
  const key = keys.simulation('sim').population(POPULATION);
  const results = createStoredResults(redis, keys, 'sim', POPULATION);
  const status = async () => {
    const found = await populations.status(POPULATION);
    assert.ok(found);
    return found;
  };
  return { redis, keys, key, populations, transactions, outbox, results, status, define, commit };
}

const opened = (confirmedBytes: number, lastSlot: number | undefined, pruned: number, file = FILE) => ({
  code: 'opened',
  file,
  confirmedBytes,
  lastSlot,
  pruned,
});

test('open notes the file and takes the lease; the same holder may ask again', async (t) => {
  const { outbox, redis, key } = await committed(t, []);
  const one = outbox('one');
  assert.deepEqual(await one.record(), { file: '', confirmedBytes: 0, lastSlot: undefined, pruned: 0 });
  for (let time = 1; time <= 2; time += 1) {
    assert.deepEqual(await one.open({ file: FILE, bytes: 0 }), opened(0, undefined, 0));
  }
  assert.equal(await redis.get(key.outbox), 'one');
  const ms = await redis.pttl(key.outbox);
  assert.ok(ms > 0 && ms <= LEASE_MS, `${ms} ms`);
  assert.deepEqual(await one.record(), { file: FILE, confirmedBytes: 0, lastSlot: undefined, pruned: 0 });
});

test('open refuses a second holder and says who has it and for how long', async (t) => {
  const { outbox } = await committed(t, []);
  await outbox('one').open({ file: FILE, bytes: 0 });
  const reply = await outbox('two').open({ file: FILE, bytes: 0 });
  assert.equal(reply.code, 'held');
  assert.ok(reply.code === 'held' && reply.holder === 'one' && reply.msLeft > 0 && reply.msLeft <= LEASE_MS);
  assert.equal((await outbox('one').record()).file, FILE);
});

test('open refuses a file to begin that holds something, and goes on with one that it has noted', async (t) => {
  const { outbox, redis, key } = await committed(t, []);
  const one = outbox('one');
  assert.deepEqual(await one.open({ file: FILE, bytes: 1 }), { code: 'not-empty' });
  assert.equal(await redis.exists(key.outbox), 0, 'no lease is taken');
  assert.equal((await one.record()).file, '');
  await one.open({ file: FILE, bytes: 0 });
  assert.deepEqual(await one.open({ file: FILE, bytes: 17 }), opened(0, undefined, 0));
  // While nobody is pruned, another file may be begun.
  assert.deepEqual(await one.open({ file: '/else', bytes: 17 }), { code: 'not-empty' });
  assert.deepEqual(await one.open({ file: '/else', bytes: 0 }), opened(0, undefined, 0, '/else'));
});

test('with people pruned, open takes that file alone, or what it was moved to', async (t) => {
  const { outbox } = await committed(t, [3]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await one.prune({ slots: [3], from: 0, to: 10 });
  const other = { code: 'other-file', file: FILE, confirmedBytes: 10 };
  assert.deepEqual(await one.open({ file: '/else', bytes: 0 }), other);
  assert.deepEqual(await one.open({ file: '/else', bytes: 10, replaces: '/third' }), other);
  assert.deepEqual(await one.open({ file: '/else', bytes: 10, replaces: FILE }), opened(10, 3, 1, '/else'));
  assert.deepEqual(await one.open({ file: '/else', bytes: 10 }), opened(10, 3, 1, '/else'));
});

test('renew extends the lease and tells the confirmed bytes; without the lease it is lost, and not taken again', async (t) => {
  const { outbox, redis, key } = await committed(t, []);
  const one = outbox('one');
  assert.deepEqual(await one.renew(), { code: 'lost', holder: '' });
  await one.open({ file: FILE, bytes: 0 });
  await redis.pexpire(key.outbox, 5_000);
  assert.deepEqual(await one.renew(), { code: 'renewed', confirmedBytes: 0 });
  assert.ok((await redis.pttl(key.outbox)) > 5_000);
  assert.deepEqual(await outbox('two').renew(), { code: 'lost', holder: 'one' });
  await one.close();
  assert.deepEqual(await one.renew(), { code: 'lost', holder: '' });
  assert.equal(await redis.exists(key.outbox), 0);
});

test('a lease ends by itself', async (t) => {
  const { outbox } = await committed(t, []);
  await outbox('one', POPULATION, 1).open({ file: FILE, bytes: 0 });
  await until('the lease to end', async () => (await outbox('one').renew()).code === 'lost');
  assert.equal((await outbox('two').open({ file: FILE, bytes: 0 })).code, 'opened');
});

test('close gives back one’s own lease only', async (t) => {
  const { outbox, redis, key } = await committed(t, []);
  await outbox('one').open({ file: FILE, bytes: 0 });
  await outbox('two').close();
  assert.equal(await redis.get(key.outbox), 'one');
  await outbox('one').close();
  assert.equal(await redis.exists(key.outbox), 0);
});

test('prune takes results out and leaves names, bits and counts; the status says how many and where', async (t) => {
  const { outbox, results, status, redis, keys, transactions } = await committed(t, [0, 1, 2, 1_024]);
  assert.equal('prunedTo' in (await status()), false);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  assert.equal('prunedTo' in (await status()), false, 'nobody is there yet');
  assert.deepEqual(await one.prune({ slots: [0, 2], from: 0, to: 20 }), { code: 'pruned', results: 2 });
  assert.deepEqual(await one.prune({ slots: [1_024], from: 20, to: 30 }), { code: 'pruned', results: 1 });
  assert.deepEqual(await results.storedSlots(0), [1]);
  assert.deepEqual(await results.storedSlots(1), []);
  assert.deepEqual(await results.payloads([0, 1]), [undefined, Buffer.from('result 1')]);
  assert.deepEqual(await one.record(), { file: FILE, confirmedBytes: 30, lastSlot: 1_024, pruned: 3 });
  const { committed: people, pruned, prunedTo } = await status();
  assert.deepEqual([people, pruned, prunedTo], [4, 3, FILE]);
  assert.equal(await redis.hlen(keys.simulation('sim').names), 4);
  assert.deepEqual(await transactions.openSlots(0, 4), [3]);
});

test('prune renews the lease', async (t) => {
  const { outbox, redis, key } = await committed(t, [0]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await redis.pexpire(key.outbox, 5_000);
  await one.prune({ slots: [0], from: 0, to: 9 });
  assert.ok((await redis.pttl(key.outbox)) > 5_000);
});

test('prune again after a lost reply changes nothing, also when later lines were confirmed since', async (t) => {
  const { outbox, status } = await committed(t, [0, 1]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await one.prune({ slots: [0], from: 0, to: 10 });
  await one.prune({ slots: [1], from: 10, to: 20 });
  assert.deepEqual(await one.prune({ slots: [0], from: 0, to: 10 }), { code: 'repeated' });
  assert.deepEqual(await one.prune({ slots: [1], from: 10, to: 20 }), { code: 'repeated' });
  assert.equal((await one.record()).confirmedBytes, 20);
  assert.equal((await status()).pruned, 2);
});

test('prune refuses lines that do not follow on what is confirmed', async (t) => {
  const { outbox, results } = await committed(t, [0, 1]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await one.prune({ slots: [0], from: 0, to: 10 });
  const conflict = { code: 'conflict', confirmedBytes: 10 };
  assert.deepEqual(await one.prune({ slots: [1], from: 12, to: 22 }), conflict);
  assert.deepEqual(await one.prune({ slots: [1], from: 0, to: 22 }), conflict);
  assert.deepEqual(await results.storedSlots(0), [1]);
});

test('prune confirms nothing when a result is no longer there, and says whose', async (t) => {
  const { outbox, redis, key, results, status } = await committed(t, [0, 1, 2]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await redis.hdel(key.results(1), '1');
  assert.deepEqual(await one.prune({ slots: [0, 1, 2], from: 0, to: 30 }), { code: 'missing', slot: 1 });
  assert.deepEqual(await results.storedSlots(0), [0, 2]);
  assert.equal((await one.record()).confirmedBytes, 0);
  assert.equal((await status()).pruned, 0);
  assert.deepEqual(await one.prune({ slots: [0], from: 0, to: 10 }), { code: 'pruned', results: 1 });
});

test('prune without the lease changes nothing, whoever has it', async (t) => {
  const { outbox, results, redis, key } = await committed(t, [0]);
  const one = outbox('one');
  assert.deepEqual(await one.prune({ slots: [0], from: 0, to: 10 }), { code: 'lost', holder: '' });
  await one.open({ file: FILE, bytes: 0 });
  await redis.del(key.outbox);
  await outbox('two').open({ file: FILE, bytes: 0 });
  assert.deepEqual(await one.prune({ slots: [0], from: 0, to: 10 }), { code: 'lost', holder: 'two' });
  assert.deepEqual(await results.storedSlots(0), [0]);
});

test('a whole bucket is pruned by one call', async (t) => {
  const all = Array.from({ length: 1_024 }, (_, slot) => slot);
  const { outbox, results } = await committed(t, all);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  assert.equal((await results.payloads(all)).filter((payload) => payload !== undefined).length, 1_024);
  assert.deepEqual(await one.prune({ slots: all, from: 0, to: 9 }), { code: 'pruned', results: 1_024 });
});

test('an unknown population has no outbox, and a forgotten one has none any more', async (t) => {
  const { outbox, populations, redis, key, define } = await committed(t, [0]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await one.prune({ slots: [0], from: 0, to: 10 });
  await populations.forget(POPULATION);
  assert.equal(await redis.exists(key.outbox), 0);
  const unknown = { code: 'unknown-population' };
  assert.deepEqual(await one.renew(), unknown);
  assert.deepEqual(await one.prune({ slots: [0], from: 10, to: 20 }), unknown);
  assert.deepEqual(await one.open({ file: FILE, bytes: 10 }), unknown);
  assert.equal(await redis.exists(key.meta, key.outbox, key.counters), 0, 'nothing is made anew');
  await define(5);
  assert.deepEqual(await one.record(), { file: '', confirmedBytes: 0, lastSlot: undefined, pruned: 0 });
  assert.deepEqual(await one.renew(), { code: 'lost', holder: '' });
});

test('a worker’s transactions take a pruned slot for what it is: committed', async (t) => {
  const { outbox, transactions, results, status } = await committed(t, [0]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await one.prune({ slots: [0], from: 0, to: 10 });
  const reservation = { candidates: [{ name: 'Bob Ray', record: '' }], opens: 'attempt' } as const;
  assert.deepEqual(await transactions.reserve(0, reservation), { code: 'committed' });
  assert.deepEqual(await transactions.beginRepair(0), { code: 'committed' });
  assert.deepEqual(await transactions.fail(0, { reason: 'x', record: '{}' }), { code: 'committed' });
  // The very commit that made it, repeated, and another one.
  for (const payload of [Buffer.from('result 0'), Buffer.from('other')]) {
    const reply = await transactions.commit(0, { name: 'Person 0', payload });
    assert.deepEqual(reply, { code: 'replayed', payload: Buffer.alloc(0) });
  }
  assert.deepEqual(await results.storedSlots(0), []);
  assert.equal((await status()).committed, 1);
});

test('keys of another type fail before anything is written', async (t) => {
  const { outbox, results, redis, key } = await committed(t, [0]);
  const one = outbox('one');
  await one.open({ file: FILE, bytes: 0 });
  await redis.del(key.counters);
  await redis.set(key.counters, 'no hash');
  await assert.rejects(one.prune({ slots: [0], from: 0, to: 10 }), /WRONGTYPE .*counters holds string/);
  await assert.rejects(one.open({ file: FILE, bytes: 0 }), /WRONGTYPE/);
  assert.deepEqual(await results.storedSlots(0), [0]);
});

test('a full Redis lets an outbox be opened and pruned, which makes room', async (t) => {
  await using server = await startRedis();
  const { outbox, redis, commit, status } = await committed(t, [0, 1], server.url);
  await redis.config('SET', 'maxmemory', '1');
  await assert.rejects(commit(2), /OOM command not allowed/);
  const one = outbox('one');
  assert.equal((await one.open({ file: FILE, bytes: 0 })).code, 'opened');
  assert.deepEqual(await one.renew(), { code: 'renewed', confirmedBytes: 0 });
  assert.deepEqual(await one.prune({ slots: [0, 1], from: 0, to: 10 }), { code: 'pruned', results: 2 });
  assert.deepEqual(await one.record(), { file: FILE, confirmedBytes: 10, lastSlot: 1, pruned: 2 });
  await one.close();
  assert.equal((await status()).pruned, 2);
});
