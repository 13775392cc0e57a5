import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Check } from '../../src/doctor/check.ts';
import { testFleet } from '../support/fleet.ts';
import { startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

interface Report {
  readonly checks: Check[];
  readonly exitCode: number;
}

const checkOf = ({ checks }: Report, name: string) => checks.find((check) => check.name === name);

test('a table with what to do, nothing that must be mended: 0', async (t) => {
  const fleet = await testFleet(t);
  const { code, stdout, stderr } = await fleet.runWith({ OPENAI_MODEL: 'simulated-1' }, 'doctor');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^✓ redis eviction {11}noeviction$/m);
  assert.match(stdout, /^! redis persistence {8}no append-only file: .*\n {27}→ CONFIG SET appendonly yes/m);
  assert.match(stdout, /^✓ model structured output {2}json_schema works$/m);
  assert.match(stdout, /\nnothing must be mended, \d+ warnings \(!\)\n$/);
  assert.match(stderr, /^asking simulated-1 once: .*--no-model-call/);
  assert.equal(fleet.simulator.stats().calls, 1);
});

test('--json says the same on one line; --no-model-call calls no model', async (t) => {
  const fleet = await testFleet(t);
  const { code, stdout, stderr } = await fleet.run('doctor', '--json', '--no-model-call');
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout.indexOf('\n'), stdout.length - 1);
  const report: Report = JSON.parse(stdout);
  assert.equal(report.exitCode, 0);
  assert.equal(checkOf(report, 'redis role')?.status, 'ok');
  assert.equal(checkOf(report, 'clock')?.status, 'ok');
  assert.equal(checkOf(report, 'model call')?.status, 'skipped');
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('a Redis that drops keys: 2, with the setting, and said once', async (t) => {
  await using server = await startRedis({ settings: [['maxmemory-policy', 'allkeys-lru']] });
  const fleet = await testFleet(t, {}, { REDIS_URL: server.url });
  const { code, stdout, stderr } = await fleet.run('doctor', '--no-model-call');
  assert.equal(code, 2, stdout);
  assert.match(stdout, /^✗ redis eviction .*allkeys-lru.*\n +→ CONFIG SET maxmemory-policy noeviction/m);
  assert.match(stdout, /\n1 thing must be mended \(✗\), \d+ warnings \(!\)\n$/);
  assert.equal(stderr, '');
});

test('no Redis: 5, its password not shown, and everything else is looked at', async (t) => {
  const fleet = await testFleet(t);
  const env = { REDIS_URL: 'redis://:geheimnis@127.0.0.1:1' };
  const { code, stdout, stderr } = await fleet.runWith(env, 'doctor', '--json');
  assert.equal(code, 5, stderr);
  const report: Report = JSON.parse(stdout);
  assert.equal(checkOf(report, 'redis')?.status, 'fault');
  assert.equal(checkOf(report, 'clock')?.status, 'skipped');
  assert.equal(checkOf(report, 'model call')?.status, 'ok');
  assert.equal(checkOf(report, 'node')?.status, 'ok');
  assert.doesNotMatch(stdout + stderr, /geheimnis/);
});

test('a key or a quota that is refused: 4; but without Redis still 5', async (t) => {
  const fleet = await testFleet(t, { faults: { quota: 1 } });
  assert.equal((await fleet.run('doctor')).code, 4);
  assert.equal((await fleet.runWith({ REDIS_URL: 'redis://127.0.0.1:1' }, 'doctor')).code, 5);
});

test('settings that are no settings: 2, one message, before anything is looked at', async (t) => {
  const fleet = await testFleet(t);
  const { code, stdout, stderr } = await fleet.runWith({ PERSONA_FLEET_CONCURENCY: '3' }, 'doctor');
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^persona-fleet: the environment has 1 fault/);
});

test('without REDIS_URL the private server is looked at, and is gone afterwards', async (t) => {
  const fleet = await testFleet(t);
  const env = { REDIS_URL: '', OPENAI_API_KEY: '', OPENAI_BASE_URL: '' };
  const { code, stdout } = await fleet.runWith(env, 'doctor');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^✓ redis {20}a private server in /m);
  assert.match(stdout, /^✓ redis persistence .*appendfsync always/m);
  assert.match(stdout, /^– model {20}none is configured/m);
  const left = await readdir(join(fleet.folder, 'data', 'redis'));
  assert.ok(!left.some((name) => name.endsWith('.pid')), left.join(' '));
});

test('Ctrl-C ends it at once: 130, and no verdict', async (t) => {
  const fleet = await testFleet(t, { faults: { hang: 1 } }, { PERSONA_FLEET_MODEL_TIMEOUT_MS: '60000' });
  const doctor = fleet.start('doctor');
  await until('the call to hang', () => fleet.simulator.stats().inFlight === 1);
  doctor.kill('SIGINT');
  assert.deepEqual(await doctor.ended, { code: 130, signal: null });
  assert.doesNotMatch(doctor.stdout(), /mended\b.*$/);
  await until('the call to be let go', () => fleet.simulator.stats().inFlight === 0);
});
