import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchFleet } from '../../src/exporter/fleet-watch.ts';
import { redisFactsOf } from '../../src/exporter/redis-facts.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { connectRedis } from '../../src/shared/redis.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';
import { connect, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { readExposition, valuesOf } from './exposition.ts';
import { startedExporter } from './started-exporter.ts';

for (const [how, away, back] of [
  ['is killed and started again', 'kill', 'restart'],
  ['is frozen and thawed', 'freeze', 'thaw'],
] as const) {
  test(`when Redis ${how}, every page goes on answering, and all of it recovers by itself`, async (t) => {
    const server = await startRedis();
    t.after(() => server.stop());
    const { get, failures } = await startedExporter(t, { redisUrl: server.url, keys: createKeys('pf') });
    assert.match((await get('/metrics')).text, /^persona_fleet_redis_up 1$/m);
    assert.deepEqual(failures, []);

    await server[away]();
    for (let scrape = 0; scrape < 2; scrape += 1) {
      const { status, text } = await get('/metrics');
      assert.equal(status, 200);
      const ours = readExposition(text).filter(({ name }) => name.startsWith('persona_fleet_'));
      assert.equal(valuesOf(ours, 'redis_up')[''], 0);
      assert.equal(valuesOf(ours, 'exporter_read_ok')[''], 0);
      assert.equal(ours.length, 3, 'that, and which release says it');
    }
    assert.equal(failures.length, 1, 'said once');
    assert.equal((await get('/readyz')).status, 503);
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/queues/api/queues')).status, 503);

    await server[back]();
    await until('the exporter to see Redis again', async () =>
      /^persona_fleet_redis_up 1$/m.test((await get('/metrics')).text),
    );
    assert.equal((await get('/readyz')).status, 200);
    await until('the page of the queues', async () => (await get('/queues/api/queues')).status === 200);
  });
}

test('stop is bounded while Redis is away', async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const { exporter, get } = await startedExporter(t, { redisUrl: server.url, keys: createKeys('pf') });
  await server.freeze();
  const scrape = get('/metrics').catch(() => {});
  await exporter.stop();
  await scrape;
});

const READING = {
  nowMs: 0,
  redis: redisFactsOf(''),
  queues: [],
  populations: [],
  unreadable: 0,
  forgotten: { committed: 0, pruned: 0 },
  names: 0,
  spend: NOTHING_SPENT,
  scopes: [],
};

test('those who look at the same time share one reading; the next look is a new one', async (t) => {
  let readings = 0;
  const reading = Promise.withResolvers<void>();
  const read = async () => {
    readings += 1;
    await reading.promise;
    return { ...READING, names: readings };
  };
  await using watch = watchFleet({ redis: await connect(t), read });
  const looks = [watch.look(), watch.look(), watch.look()];
  await until('the reading to begin', () => readings === 1);
  reading.resolve();
  for (const sight of await Promise.all(looks)) assert.ok('names' in sight && sight.names === 1);
  const next = await watch.look();
  assert.ok('names' in next && next.names === 2);
});

test('a reading that never ends is given up by whoever waits, and not begun a second time', async (t) => {
  let readings = 0;
  const read = () => {
    readings += 1;
    return new Promise<never>(() => {});
  };
  await using watch = watchFleet({ redis: await connect(t), read, times: { readMs: 20 } });
  for (let look = 0; look < 3; look += 1) {
    const sight = await watch.look();
    assert.ok('failure' in sight);
    assert.match(String(sight.failure), /took more than/);
    assert.ok(sight.roundTripMs !== undefined, 'Redis did answer');
  }
  assert.equal(readings, 1);
});

test('a reading that fails is told, and the next one is another', async (t) => {
  let readings = 0;
  const read = async () => {
    readings += 1;
    if (readings === 1) throw new Error('NOPERM this user may not');
    return READING;
  };
  await using watch = watchFleet({ redis: await connect(t), read });
  // The watch looks by itself as it begins; both share that look, or the failure came before.
  await until('a look that succeeds', async () => 'names' in (await watch.look()));
  assert.ok(readings >= 2);
});

test('a fleet that Redis refuses to show is not taken for a Redis that is away', async (t) => {
  const server = await startRedis();
  const admin = await connectRedis(server.url, 'patient');
  t.after(async () => {
    admin.disconnect();
    await server.stop();
  });
  const { get } = await startedExporter(t, { redisUrl: server.url, keys: createKeys('pf') });
  await admin.set('pf:simulations', 'no set');
  const ours = readExposition((await get('/metrics')).text);
  assert.equal(valuesOf(ours, 'redis_up')[''], 1);
  assert.equal(valuesOf(ours, 'exporter_read_ok')[''], 0);
  assert.ok(valuesOf(ours, 'redis_round_trip_seconds')[''] !== undefined);
  assert.deepEqual(valuesOf(ours, 'people_committed_total'), {});
  await admin.del('pf:simulations');
  assert.equal(valuesOf(readExposition((await get('/metrics')).text), 'exporter_read_ok')[''], 1);
});

test('it looks by itself, so that rates are known to whoever asks seldom', async (t) => {
  let readings = 0;
  const read = async () => {
    readings += 1;
    return READING;
  };
  await using watch = watchFleet({ redis: await connect(t), read, times: { byItselfMs: 5 } });
  await until('five looks that nobody asked for', () => readings >= 5);
  await watch.stop();
  const ended = readings;
  const redis = await connect(t);
  for (let turn = 0; turn < 20; turn += 1) await redis.ping();
  assert.ok(readings <= ended + 1, 'one may have been under way');
});

test('while Redis does not answer, one PING waits for it, however often it is asked', async (t) => {
  const server = await startRedis();
  const redis = await connectRedis(server.url, 'patient');
  t.after(async () => {
    redis.disconnect();
    await server.stop();
  });
  await server.freeze();
  const sent = t.mock.method(redis, 'ping');
  await using watch = watchFleet({ redis, read: async () => READING, times: { pingMs: 10 } });
  for (let ask = 0; ask < 5; ask += 1) assert.equal(await watch.isUp(), false);
  assert.equal(sent.mock.callCount(), 1);
  await server.thaw();
  await until('an answer', () => watch.isUp());
});
