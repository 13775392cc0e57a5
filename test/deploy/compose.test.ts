import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { durable } from '../../src/embedded-redis/server-process.ts';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { composeText, interpolate, service, services } from './compose-file.ts';

const run = promisify(execFile);

/** What closing may take after the grace for calls in flight: unwinding, BullMQ, Redis (src/worker). */
const CLOSING_MS = 15_000;

test('every setting in the file is one that the configuration knows', () => {
  const known = new Set([...Object.keys(configSchema.shape), 'OPENAI_API_KEY_FILE']);
  const used: string[] = composeText.match(/\b(PERSONA_FLEET|OPENAI|REDIS)_[A-Z_]+\b/g) ?? [];
  assert.ok(used.includes('REDIS_URL'));
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  );
});

test('what the services get from an empty environment is a valid configuration', () => {
  for (const name of ['worker', 'producer']) {
    const config = loadConfig(environmentOf(name, {}));
    assert.equal(config.REDIS_URL, 'redis://redis:6379');
    assert.equal(config.PERSONA_FLEET_PREFIX, 'pf');
  }
  assert.equal(loadConfig(environmentOf('producer', {})).PERSONA_FLEET_WORKERS, 0);
});

test('foreign images are pinned to a patch release, Redis to one without CVE-2025-49844', () => {
  for (const { image } of Object.values(services)) {
    if (image !== 'persona-fleet') assert.match(image, /^[a-z]+:\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
  }
  const [major = 0, minor = 0, patch = 0] = (/\d+\.\d+\.\d+/.exec(service('redis').image)?.[0] ?? '')
    .split('.')
    .map(Number);
  assert.ok(major * 1_000_000 + minor * 1_000 + patch >= 8_002_002, 'expected Redis 8.2.2 or newer');
});

test('Redis keeps what the private server keeps: durable, and nothing evicted', () => {
  const { command = [], entrypoint } = service('redis');
  assert.deepEqual(entrypoint, ['redis-server']);
  const expected = durable.flatMap(([name, value]) => [`--${name}`, value === '""' ? '' : value]);
  assert.deepEqual(command, expected);
});

test('a stopping worker is given longer than it takes', () => {
  const { stop_grace_period = '' } = service('worker');
  const seconds = Number(/^(\d+)s$/.exec(stop_grace_period)?.[1]);
  const { PERSONA_FLEET_SHUTDOWN_GRACE_MS } = loadConfig(environmentOf('worker', {}));
  assert.ok(seconds * 1_000 > PERSONA_FLEET_SHUTDOWN_GRACE_MS + CLOSING_MS, stop_grace_period);
});

test('workers can be many: nothing on the host is claimed by one of them', () => {
  const { ports, container_name, profiles } = service('worker');
  assert.deepEqual(
    { ports, container_name, profiles },
    { ports: [], container_name: undefined, profiles: [] },
  );
  assert.deepEqual(service('simulator').profiles, ['demo']);
});

test('no service can write to its image, gain a privilege, or be root without need', () => {
  for (const [name, { read_only, cap_drop, security_opt, user = '1000:1000' }] of Object.entries(services)) {
    const hardening = { read_only, cap_drop, security_opt };
    const expected = { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] };
    assert.deepEqual(hardening, expected, name);
    if (name !== 'out-folder') assert.doesNotMatch(user, /^(0|root)\b/, name);
  }
});

test('only workers hold the key, and no environment does', () => {
  for (const [name, { secrets, environment }] of Object.entries(services)) {
    assert.deepEqual(secrets, name === 'worker' ? ['openai_api_key'] : [], name);
    assert.ok(!('OPENAI_API_KEY' in environment), name);
  }
});

const posixOnly = { skip: process.platform === 'win32' ? 'the entrypoint is for a POSIX shell' : false };

test(
  'with neither key nor endpoint the simulator answers, under a prefix of its own',
  posixOnly,
  async (t) => {
    for (const command of ['worker', 'generate']) {
      const { stdout } = await enter(t, { command, hosts: ['simulator'] });
      assert.equal(stdout, `${command} --flag|http://simulator:8080/v1||simulated-1|demo\n`);
    }
  },
);

test('without a simulator to answer, a worker says what is missing and ends with 2', posixOnly, async (t) => {
  await assert.rejects(enter(t, { command: 'worker', hosts: [] }), {
    code: 2,
    stdout: '',
    stderr: /^no model: .*OPENAI_API_KEY_FILE.*OPENAI_BASE_URL.*--profile demo\n$/,
  });
  // Looking at a demo's people takes no model.
  assert.match((await enter(t, { command: 'export', hosts: [] })).stdout, /\|demo\n$/);
});

test('a key comes from its file, and a given model is left alone', posixOnly, async (t) => {
  const env = { OPENAI_API_KEY_FILE: './key', OPENAI_MODEL: 'm-1' };
  const byKey = await enter(t, { command: 'worker', hosts: ['simulator'], key: 'sk-1\n', env });
  assert.equal(byKey.stdout, 'worker --flag||sk-1|m-1|\n');
  const byUrl = await enter(t, { command: 'worker', hosts: [], env: { OPENAI_BASE_URL: 'http://vllm/v1' } });
  assert.equal(byUrl.stdout, 'worker --flag|http://vllm/v1|||\n');
});

function environmentOf(name: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(service(name).environment);
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(String(value), env)]));
}

/** Runs the worker's entrypoint as its container would, on a `persona-fleet` that prints what it was given. */
async function enter(
  t: TestContext,
  options: { command: string; hosts: string[]; key?: string; env?: Record<string, string> },
): Promise<{ stdout: string; stderr: string }> {
  const { command, hosts, key = '', env = {} } = options;
  const dir = await temporaryFolder(t);
  const script = async (name: string, body: string) => {
    await writeFile(join(dir, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(dir, name), 0o755);
  };
  await script(
    'persona-fleet',
    'echo "$*|$OPENAI_BASE_URL|$OPENAI_API_KEY|$OPENAI_MODEL|$PERSONA_FLEET_PREFIX"',
  );
  await script('getent', `case " ${hosts.join(' ')} " in *" $2 "*) ;; *) exit 2 ;; esac`);
  await writeFile(join(dir, 'key'), key);
  const [shell = '', ...args] = (service('worker').entrypoint ?? []).map((word) =>
    interpolate(word, env).replace('/run/secrets/openai_api_key', join(dir, 'key')),
  );
  return run(shell, [...args, command, '--flag'], {
    env: { ...environmentOf('worker', env), PATH: `${dir}:/usr/bin:/bin` },
  });
}
