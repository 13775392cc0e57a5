import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type CliProcess, fleetEnv, runCli, startCli } from '../support/cli-process.ts';
import { testPrefix } from '../support/redis.ts';
import { until } from '../support/until.ts';

const TOKEN = 'correct-horse-battery';
/** Nobody listens there: a command that asks it for anything ends with 5. */
const NO_REDIS = 'redis://127.0.0.1:1';

async function serving(t: TestContext, env: Record<string, string> = {}, args: readonly string[] = []) {
  const cli = startCli(t, ['serve', '--json', ...args], {
    env: await fleetEnv(testPrefix(t), { PERSONA_FLEET_SERVE_PORT: '0', ...env }),
  });
  return { cli, url: await urlOf(cli) };
}

/** Where it serves, as it says on stdout. */
async function urlOf(cli: CliProcess): Promise<string> {
  const line = await until('the address', () => {
    if (cli.child.exitCode !== null) throw new Error(`it ended: ${cli.stderr()}`);
    return /^\{.*\}\n/.exec(cli.stdout())?.[0];
  });
  const { url }: { url: string } = JSON.parse(line);
  return url;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`serve says where it is, answers, and ends with 0 on ${signal}, whoever keeps a connection open`, async (t) => {
    const { cli, url } = await serving(t);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.ok(cli.stderr().includes(`${url}/metrics`) && cli.stderr().includes(`${url}/queues`));
    const metrics = await fetch(`${url}/metrics`);
    assert.match(await metrics.text(), /^persona_fleet_redis_up 1$/m);
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    idle.on('error', () => {});
    await once(idle, 'connect');
    cli.kill(signal);
    assert.deepEqual(await cli.ended, { code: 0, signal: null });
    assert.equal(cli.stdout().split('\n').length, 2, 'one line');
  });
}

test('options win over the environment', async (t) => {
  const { url } = await serving(t, { PERSONA_FLEET_SERVE_HOST: '192.0.2.1' }, ['--host', 'localhost']);
  assert.match(url, /^http:\/\/localhost:\d+$/);
});

test('beyond the loopback it needs a token, and says so before it looks for Redis: 2', async (t) => {
  const env = await fleetEnv(testPrefix(t), { REDIS_URL: NO_REDIS });
  for (const host of ['0.0.0.0', '::', '10.1.2.3']) {
    const { code, stderr, stdout } = await runCli(t, ['serve', '--host', host], { env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^persona-fleet: .*PERSONA_FLEET_SERVE_TOKEN.*127\.0\.0\.1\n$/);
    assert.equal(stdout, '');
  }
});

test('with a token it serves anywhere, for those who show it, and prints it nowhere', async (t) => {
  const { cli, url } = await serving(t, {
    PERSONA_FLEET_SERVE_HOST: '0.0.0.0',
    PERSONA_FLEET_SERVE_TOKEN: TOKEN,
    PERSONA_FLEET_LOG_LEVEL: 'trace',
  });
  const metrics = `${url.replace('0.0.0.0', '127.0.0.1')}/metrics`;
  assert.equal((await fetch(metrics)).status, 401);
  assert.equal(
    (await fetch(metrics, { headers: { authorization: 'Bearer wrong-horse-battery' } })).status,
    401,
  );
  assert.equal((await fetch(metrics, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200);
  cli.kill('SIGINT');
  await cli.ended;
  assert.doesNotMatch(cli.stdout() + cli.stderr(), new RegExp(TOKEN));
});

test('a port that is taken: 2, in one line that says what to do', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const env = await fleetEnv(testPrefix(t));
  const { code, stderr } = await runCli(t, ['serve', '--port', String(port)], { env });
  assert.equal(code, 2);
  assert.match(
    stderr,
    new RegExp(`^persona-fleet: port ${port} on 127\\.0\\.0\\.1 is in use; .*--port.*\\n$`),
  );
});

test('without a Redis: 5', async (t) => {
  const env = await fleetEnv(testPrefix(t), { REDIS_URL: NO_REDIS, PERSONA_FLEET_SERVE_PORT: '0' });
  assert.equal((await runCli(t, ['serve'], { env })).code, 5);
});
