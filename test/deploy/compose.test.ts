import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { durable } from '../../src/embedded-redis/server-process.ts';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { replaceSettings, SETTINGS_BY_FILE } from '../../src/shared/secret-files.ts';
import { CLOSING_MS } from './closing.ts';
import { composeText, environmentOf, secrets, service, services } from './compose-file.ts';
import { imageSettings } from './docker-file.ts';

const root = new URL('../../', import.meta.url);
const oneShots = ['producer', 'out-folder', 'token'];

/** The configuration of a service, its secrets left out: their files are in its container. */
function configOf(name: string) {
  const withoutFiles = Object.fromEntries(SETTINGS_BY_FILE.map((setting) => [setting, undefined]));
  const env = environmentOf(name);
  return loadConfig(replaceSettings(env, { ...withoutFiles, REDIS_URL: env.REDIS_URL }));
}

test('every setting in the file is one that the configuration knows', () => {
  const known = new Set([
    ...Object.keys(configSchema.shape),
    ...SETTINGS_BY_FILE.map((name) => `${name}_FILE`),
  ]);
  const used: string[] = composeText.match(/\b(PERSONA_FLEET|OPENAI|REDIS)_[A-Z_]+\b/g) ?? [];
  assert.ok(used.includes('REDIS_URL') && used.includes('OPENAI_API_KEY_FILE'));
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  );
});

test('what the services get from an empty environment is a valid configuration', () => {
  for (const name of ['worker', 'producer', 'serve']) {
    const config = configOf(name);
    assert.equal(config.REDIS_URL, 'redis://redis:6379');
    assert.equal(config.PERSONA_FLEET_PREFIX, 'pf');
  }
  assert.equal(configOf('producer').PERSONA_FLEET_WORKERS, 0);
});

test('foreign images are pinned to a patch release, Redis to one without CVE-2025-49844', () => {
  for (const { image } of Object.values(services)) {
    if (image === 'persona-fleet') continue;
    // Official images are built anew under their tag; a release of others stays what it is.
    const pinned = image.includes('/')
      ? /^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/
      : /^[a-z]+:\d+\.\d+\.\d+(-[a-z0-9.]+)?$/;
    assert.match(image, pinned);
  }
  const [major = 0, minor = 0, patch = 0] = (/\d+\.\d+\.\d+/.exec(service('redis').image)?.[0] ?? '')
    .split('.')
    .map(Number);
  assert.ok(major * 1_000_000 + minor * 1_000 + patch >= 8_002_002, 'expected Redis 8.2.2 or newer');
});

test('Redis keeps what the private server keeps, durable and nothing evicted, and lets containers in', () => {
  const { command = [], entrypoint } = service('redis');
  assert.deepEqual(entrypoint, ['redis-server']);
  const expected = durable.flatMap(([name, value]) => [`--${name}`, value === '""' ? '' : value]);
  assert.deepEqual(command, [...expected, '--protected-mode', 'no']);
});

test('a stopping worker is given longer than it takes', () => {
  const { stop_grace_period = '' } = service('worker');
  const seconds = Number(/^(\d+)s$/.exec(stop_grace_period)?.[1]);
  const { PERSONA_FLEET_SHUTDOWN_GRACE_MS } = configOf('worker');
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

test('no service can write to its image, gain a privilege, or be root without need; logs stay small', () => {
  for (const [name, found] of Object.entries(services)) {
    const { read_only, cap_drop, security_opt, logging, user = '1000:1000' } = found;
    const hardening = { read_only, cap_drop, security_opt, logging };
    const expected = {
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    };
    assert.deepEqual(hardening, expected, name);
    if (name !== 'out-folder') assert.doesNotMatch(user, /^(0|root)\b/, name);
  }
});

test('what runs for long is watched, restarted and limited; what runs once is not', () => {
  for (const [name, { healthcheck, restart, mem_limit }] of Object.entries(services)) {
    if (oneShots.includes(name)) {
      assert.deepEqual([healthcheck?.disable, restart], [true, undefined], name);
      continue;
    }
    assert.equal(restart, 'unless-stopped', name);
    if (name !== 'redis') assert.match(mem_limit ?? '', /^\d+[mg]$/, name);
    // The worker's health check is its image's.
    if (name === 'worker') assert.equal(healthcheck, undefined);
    else assert.ok((healthcheck?.test.length ?? 0) > 1, name);
  }
});

test('what is published can be reached from this machine alone, on a port that can be chosen', () => {
  for (const [name, { ports }] of Object.entries(services)) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z]+_PORT:-(\d+)\}:\1$/, name);
  }
  const published = Object.entries(services).flatMap(([name, { ports }]) => (ports.length > 0 ? [name] : []));
  assert.deepEqual(published.sort(), ['grafana', 'prometheus', 'serve']);
});

test('only the fleet reaches Redis, which asks for no password', () => {
  const reaching = Object.entries(services).flatMap(([name, { networks }]) =>
    networks.includes('fleet') ? [name] : [],
  );
  assert.deepEqual(reaching.sort(), ['producer', 'redis', 'serve', 'simulator', 'worker']);
  for (const name of ['out-folder', 'token']) assert.equal(service(name).network_mode, 'none');
});

test('secrets are files, of those alone who need them', () => {
  const holders = { worker: ['openai_api_key'], token: ['serve_token'] };
  for (const [name, { secrets: held, environment }] of Object.entries(services)) {
    assert.deepEqual(held, holders[name as keyof typeof holders] ?? [], name);
    for (const setting of ['OPENAI_API_KEY', 'PERSONA_FLEET_SERVE_TOKEN', 'PERSONA_FLEET_HEADERS']) {
      assert.ok(!(setting in environment), `${name}: ${setting}`);
    }
  }
  assert.equal(environmentOf('worker').OPENAI_API_KEY_FILE, '/run/secrets/openai_api_key');
  for (const { file } of Object.values(secrets)) assert.match(file, /^\$\{\w+_FILE:-\/dev\/null\}$/);
});

test('Prometheus finds workers and exporter where they are, with the token that the exporter asks for', () => {
  const { scrape_configs } = parse(readFileSync(new URL('deploy/prometheus/prometheus.yml', root), 'utf8'));
  const jobs = Object.fromEntries(
    scrape_configs.map((job: { job_name: string }) => [job.job_name, JSON.stringify(job)]),
  );
  assert.ok(jobs['persona-fleet-worker'].includes('"names":["worker"]'));
  assert.ok(jobs['persona-fleet-worker'].includes(`"port":${imageSettings.PERSONA_FLEET_METRICS_PORT}`));
  const { PERSONA_FLEET_SERVE_PORT, PERSONA_FLEET_SERVE_TOKEN_FILE = '' } = environmentOf('serve');
  assert.ok(jobs['persona-fleet'].includes(`"serve:${PERSONA_FLEET_SERVE_PORT}"`));
  assert.ok(jobs['persona-fleet'].includes(`"${PERSONA_FLEET_SERVE_TOKEN_FILE}"`));
  const folder = PERSONA_FLEET_SERVE_TOKEN_FILE.replace(/\/token$/, '');
  for (const name of ['serve', 'prometheus']) {
    assert.ok(service(name).volumes.includes(`token:${folder}:ro`), name);
    assert.ok(service(name).networks.includes('watch'), name);
  }
  assert.deepEqual(service('token').volumes, [`token:${folder}`]);
});

test('Grafana looks for its dashboards where they are mounted, and opens with one that is there', () => {
  const provider = parse(
    readFileSync(new URL('deploy/grafana/provisioning/dashboards/persona-fleet.yml', root), 'utf8'),
  );
  const { path } = provider.providers[0].options;
  const { volumes } = service('grafana');
  const [, from = ''] =
    volumes.map((volume) => /^\.\/(.+):(.+):ro$/.exec(volume)).find((match) => match?.[2] === path) ?? [];
  const { GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: home = '' } = environmentOf('grafana');
  assert.ok(home.startsWith(`${path}/`), home);
  assert.ok(existsSync(new URL(home.replace(path, from), root)), home);
});

test('what only uses the image that others build is never asked of a registry', () => {
  const { services: written } = parse(composeText, { merge: true });
  for (const [name, { image, build, pull_policy }] of Object.entries<Record<string, unknown>>(written)) {
    const isOfOthers = image === 'persona-fleet' && build === undefined;
    assert.equal(pull_policy, isOfOthers ? 'never' : undefined, name);
  }
});

test('what is mounted from the repository is there', () => {
  const mounted = Object.values(services)
    .flatMap(({ volumes }) => volumes)
    .filter((volume) => volume.startsWith('./') && volume.endsWith(':ro'))
    .map((volume) => volume.split(':')[0] ?? '');
  assert.ok(mounted.includes('./deploy/prometheus'));
  for (const path of mounted) assert.ok(existsSync(new URL(path, root)), path);
});
