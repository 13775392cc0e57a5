import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { startExporter } from '../../src/exporter/start-exporter.ts';
import { UserError } from '../../src/shared/errors.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { testRedisUrl } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { readExposition, valuesOf } from './exposition.ts';
import { IDS, preparedFleet } from './prepared-fleet.ts';
import { startedExporter } from './started-exporter.ts';

const TOKEN = 'correct-horse-battery';
const BEARER = { authorization: `Bearer ${TOKEN}` };

test('/metrics tells the fleet as it stands, and what happened since with the next scrape', async (t) => {
  const { keys, redisUrl, commit } = await preparedFleet(t);
  const { get } = await startedExporter(t, { keys, redisUrl, budget: { tokens: 7 } });
  const first = await get('/metrics');
  assert.equal(first.status, 200);
  assert.match(first.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  const series = readExposition(first.text);
  assert.equal(valuesOf(series, 'people_committed_total')[''], 8);
  assert.equal(valuesOf(series, 'budget_tokens')[''], 7);
  assert.equal(valuesOf(series, 'exporter_build_info')[`1.2.3 ${process.version}`], 1);
  assert.match(first.text, /^process_resident_memory_bytes \d/m);
  await commit(IDS.running, 7, 9);
  assert.equal(valuesOf(readExposition((await get('/metrics')).text), 'people_committed_total')[''], 10);
});

test('scrapes at the same time are all whole', async (t) => {
  const { keys, redisUrl } = await preparedFleet(t);
  const { get } = await startedExporter(t, { keys, redisUrl });
  const answers = await Promise.all(Array.from({ length: 8 }, () => get('/metrics')));
  for (const { text } of answers) {
    const series = readExposition(text);
    assert.equal(valuesOf(series, 'people_committed_total')[''], 8);
    assert.equal(Object.keys(valuesOf(series, 'population_size', 'population')).length, 5);
  }
});

test('/healthz and /readyz say that all is well, / what there is, and anything else what there is as well', async (t) => {
  const { get } = await startedExporter(t);
  assert.equal((await get('/healthz')).status, 200);
  assert.equal((await get('/readyz')).status, 200);
  const index = await get('/');
  assert.match(index.headers['content-type'] ?? '', /^text\/html/);
  for (const path of ['/metrics', '/queues', '/healthz', '/readyz'])
    assert.ok(index.text.includes(path), path);
  const missing = await get('/metric');
  assert.equal(missing.status, 404);
  assert.match(missing.text, /there is \/metrics, \/queues/);
});

test('the page of the queues lists both queues with their jobs, without the factory states', async (t) => {
  const { keys, redisUrl } = await preparedFleet(t);
  const { get } = await startedExporter(t, { keys, redisUrl });
  const page = await get('/queues');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.match(page.text, /<base href="\/queues\/"/);
  assert.match(page.text, /<title>Persona Fleet<\/title>/);
  const script = /src="(static\/js\/main[^"]*)"/.exec(page.text)?.[1];
  assert.equal((await get(`/queues/${script}`)).status, 200, 'the page finds its program');

  const listed = JSON.parse((await get('/queues/api/queues?activeQueue=persons&status=waiting')).text);
  const queues = listed.queues.map(
    ({
      name,
      counts,
      readOnlyMode,
    }: {
      name: string;
      counts: { waiting: number };
      readOnlyMode: boolean;
    }) => [name, counts.waiting, readOnlyMode],
  );
  assert.deepEqual(queues, [
    ['persons', 3, true],
    ['persons-simulated', 0, true],
  ]);
  const states = listed.queues[0].jobs.flatMap(({ data }: { data: { state?: string } }) => data.state ?? []);
  assert.deepEqual(states, ['12 characters']);
});

test("the page of the queues can load nothing from elsewhere, and stands in nobody else's page", async (t) => {
  const { get } = await startedExporter(t);
  const { headers } = await get('/queues');
  assert.match(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/);
  assert.equal(headers['x-frame-options'], 'DENY');
});

test('the page of the queues changes nothing, whatever it is asked to', async (t) => {
  const { keys, redisUrl, redis } = await preparedFleet(t);
  const { get } = await startedExporter(t, { keys, redisUrl });
  const contents = async () => {
    const key = (name: string) => `${keys.queuePrefix}:persons:${name}`;
    return [
      await redis.lrange(key('wait'), 0, -1),
      await redis.zcard(key('failed')),
      await redis.hgetall(key('meta')),
    ];
  };
  const before = await contents();
  for (const path of [
    '/queues/api/queues/pause',
    '/queues/api/queues/persons/pause',
    '/queues/api/queues/persons/empty',
    '/queues/api/queues/persons/obliterate',
    '/queues/api/queues/persons/retry/failed',
    '/queues/api/queues/persons/1/retry/failed',
    '/queues/api/queues/persons/clean/failed',
    '/queues/api/queues/persons/add',
    '/queues',
  ]) {
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      const answer = await get(path, {}, method);
      // Paths that are none answer so.
      assert.ok(answer.status === 405 || answer.status === 404, `${method} ${path}: ${answer.status}`);
    }
  }
  assert.equal((await get('/queues/api/queues/persons/pause', {}, 'PUT')).status, 405);
  assert.deepEqual(await contents(), before);
});

test('an exporter writes nothing to Redis', async (t) => {
  const { redis, keys } = await preparedFleet(t);
  const prefix = `${keys.simulations.split(':')[0]}x`;
  const { get } = await startedExporter(t, { keys: createKeys(prefix) });
  assert.equal((await get('/metrics')).status, 200);
  assert.equal((await get('/queues/api/queues')).status, 200);
  assert.deepEqual(await redis.keys(`*${prefix}*`), []);
});

test('with a token /metrics and /queues are for those who show it; probes and the index are for all', async (t) => {
  const { get } = await startedExporter(t, { token: TOKEN });
  for (const path of ['/metrics', '/queues', '/queues/', '/queues/api/queues', '/queues/static/js/main.js']) {
    const refused = await get(path);
    assert.equal(refused.status, 401, path);
    assert.match(String(refused.headers['www-authenticate']), /^Basic realm=/);
    assert.doesNotMatch(refused.text, new RegExp(TOKEN));
  }
  assert.equal((await get('/queues/api/queues/persons/pause', {}, 'PUT')).status, 401);
  assert.equal((await get('/metrics', BEARER)).status, 200);
  const asBrowser = { authorization: `Basic ${Buffer.from(`anybody:${TOKEN}`).toString('base64')}` };
  assert.equal((await get('/queues', asBrowser)).status, 200);
  assert.equal((await get('/queues/api/queues', asBrowser)).status, 200);
  for (const path of ['/', '/healthz', '/readyz']) assert.equal((await get(path)).status, 200, path);
  assert.equal((await get('/metrics', { ...BEARER, host: 'fleet.example' })).status, 200);
});

test('without a token a page of another site, or one that took this name, is refused everywhere', async (t) => {
  const { get } = await startedExporter(t);
  for (const path of ['/', '/metrics', '/queues', '/queues/api/queues', '/healthz']) {
    assert.equal((await get(path, { host: 'evil.example' })).status, 403, path);
    const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    assert.equal((await get(path, crossSite)).status, 403, path);
    assert.equal((await get(path, { origin: 'https://evil.example' })).status, 403, path);
  }
  assert.equal((await get('/metrics', { host: 'localhost:1234' })).status, 200);
});

test('beyond the loopback it starts only with a token', async () => {
  const options = {
    redisUrl: await testRedisUrl(),
    keys: createKeys('never'),
    port: 0,
    budget: {},
    version: '1',
    onFailure: () => {},
  };
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com']) {
    await assert.rejects(startExporter({ ...options, host, token: undefined }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /PERSONA_FLEET_SERVE_TOKEN.*127\.0\.0\.1/);
      return true;
    });
  }
  await using exporter = await startExporter({ ...options, host: '0.0.0.0', token: TOKEN });
  assert.ok(exporter.port > 0);
});

test('a port that is taken, and an address that is not ours, are faults of the user', async (t) => {
  const { exporter } = await startedExporter(t);
  await assert.rejects(startedExporter(t, { port: exporter.port }), {
    name: 'UserError',
    message: new RegExp(`port ${exporter.port} on 127\\.0\\.0\\.1 is in use; .*PERSONA_FLEET_SERVE_PORT`),
  });
  // TEST-NET-1: no machine has it.
  await assert.rejects(startedExporter(t, { host: '192.0.2.1', token: TOKEN }), {
    name: 'UserError',
    message: /cannot be opened \(EADDRNOTAVAIL\)/,
  });
});

test('stop is not held up by connections that somebody keeps open, and frees the port', async (t) => {
  const { exporter, get } = await startedExporter(t);
  const idle = connectSocket(exporter.port, '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'connect');
  idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const closed = once(idle, 'close');
  await exporter.stop();
  await closed;
  await exporter.stop();
  await until('the port to be free', () =>
    get('/healthz').then(
      () => false,
      () => true,
    ),
  );
});
