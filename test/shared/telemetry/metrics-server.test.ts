import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Counter, Registry } from 'prom-client';
import { ExitCode, UserError } from '../../../src/shared/errors.ts';
import { type Health, serveMetrics } from '../../../src/shared/telemetry/metrics-server.ts';

async function serving(t: TestContext, health: () => Health = () => ({ healthy: true, detail: 'idle' })) {
  const registry = new Registry();
  const server = await serveMetrics({ host: '127.0.0.1', port: 0, registry, health });
  t.after(() => server.stop());
  const get = (path: string, accept = '*/*') =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { accept } });
  return { registry, server, get };
}

test('/metrics serves the registry in the format that Prometheus reads', async (t) => {
  const { registry, get } = await serving(t);
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
  const response = await get('/metrics?name=things');
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await response.text(), /^things_total 3$/m);
});

test('/metrics serves the registry as JSON to whoever accepts that', async (t) => {
  const { registry, get } = await serving(t);
  const labelNames = ['kind'];
  const things = new Counter({ name: 'things_total', help: 'Things.', labelNames, registers: [registry] });
  things.inc({ kind: 'a' }, 3);
  const response = await get('/metrics', 'application/json');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), await registry.getMetricsAsJSON());
  const scraper = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
  assert.match(await (await get('/metrics', scraper)).text(), /^things_total\{kind="a"\} 3$/m);
});

test('/metrics answers 500 when a metric cannot be collected, and the server lives on', async (t) => {
  const { registry, get } = await serving(t);
  new Counter({
    name: 'broken_total',
    help: 'Broken.',
    registers: [registry],
    collect: () => {
      throw new Error('with a secret');
    },
  });
  const response = await get('/metrics');
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
  assert.equal((await get('/healthz')).status, 200);
});

test('/healthz answers 200 while the process makes progress and 503 when it does not, with the detail', async (t) => {
  let healthy = true;
  const { get } = await serving(t, () => ({ healthy, detail: '3 slots in flight' }));
  const well = await get('/healthz');
  assert.equal(well.status, 200);
  assert.deepEqual(await well.json(), { healthy: true, detail: '3 slots in flight' });
  healthy = false;
  const stuck = await get('/healthz');
  assert.equal(stuck.status, 503);
  assert.deepEqual(await stuck.json(), { healthy: false, detail: '3 slots in flight' });
});

test('any other path answers 404 and says what there is', async (t) => {
  const { get } = await serving(t);
  const response = await get('/');
  assert.equal(response.status, 404);
  assert.match(await response.text(), /\/metrics and \/healthz/);
});

test('a page that reaches the loopback under a name of its own is refused', async (t) => {
  const { server } = await serving(t);
  const statusAs = async (host: string) => {
    const asking = request({
      port: server.port,
      host: '127.0.0.1',
      path: '/metrics',
      headers: { host },
    }).end();
    const [response] = await once(asking, 'response');
    response.resume();
    return response.statusCode;
  };
  assert.equal(await statusAs(`evil.example:${server.port}`), 403);
  assert.equal(await statusAs(`localhost:${server.port}`), 200);
});

test('on another address than the loopback it answers under any name', async (t) => {
  const health = () => ({ healthy: true, detail: '' });
  const server = await serveMetrics({ host: '0.0.0.0', port: 0, registry: new Registry(), health });
  t.after(() => server.stop());
  const headers = { host: 'worker-1.fleet.example' };
  const asking = request({ port: server.port, host: '127.0.0.1', path: '/healthz', headers }).end();
  const [response] = await once(asking, 'response');
  response.resume();
  assert.equal(response.statusCode, 200);
});

test('a port that is taken is a fault of the user, who is told which setting to change', async (t) => {
  const { server, registry } = await serving(t);
  const health = () => ({ healthy: true, detail: '' });
  await assert.rejects(
    serveMetrics({ host: '127.0.0.1', port: server.port, registry, health }),
    (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.exitCode, ExitCode.badInput);
      assert.match(error.message, new RegExp(`port ${server.port} .*in use.*PERSONA_FLEET_METRICS_PORT`));
      return true;
    },
  );
});

test('a host that is not ours is a fault of the user too', async () => {
  const options = { registry: new Registry(), health: () => ({ healthy: true, detail: '' }) };
  // TEST-NET-1: no machine has it.
  await assert.rejects(serveMetrics({ host: '192.0.2.1', port: 0, ...options }), {
    name: 'UserError',
    message: /cannot be opened \(EADDRNOTAVAIL\)/,
  });
});

test('stop closes connections that scrapers keep open, and frees the port', async (t) => {
  const { server, get } = await serving(t);
  await (await get('/healthz')).text();
  const idle = connect(server.port, '127.0.0.1');
  await once(idle, 'connect');
  const closed = once(idle, 'close');
  idle.on('error', () => {});
  await server.stop();
  await closed;
  await assert.rejects(get('/healthz'));
  await server.stop();
});
