import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { UserError } from '../../src/shared/errors.ts';

function faultsOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  throw new Error(`expected ${JSON.stringify(env)} to be refused`);
}

test('an empty environment gives the defaults, and nothing else of the environment matters', () => {
  const config = loadConfig({ PATH: '/bin', HOME: '/root', NODE_ENV: 'test' });
  assert.deepEqual(config, loadConfig({}));
  assert.equal(config.PERSONA_FLEET_WORKERS, 2);
  assert.equal(config.PERSONA_FLEET_CONCURRENCY, 16);
  assert.equal(config.PERSONA_FLEET_PREFIX, 'pf');
  assert.equal(config.PERSONA_FLEET_DATA_DIR, '.persona-fleet');
  assert.equal(config.PERSONA_FLEET_LOG_LEVEL, 'info');
  assert.equal(config.REDIS_URL, undefined);
  assert.equal(config.OPENAI_API_KEY, undefined);
  assert.ok(!('PATH' in config));
});

test('values are read in their types', () => {
  const config = loadConfig({
    REDIS_URL: 'rediss://user:secret@redis.example:6380/2',
    OPENAI_BASE_URL: 'https://models.example/v1',
    PERSONA_FLEET_WORKERS: '0',
    PERSONA_FLEET_METRICS_PORT: '65535',
    PERSONA_FLEET_LOG_LEVEL: 'silent',
  });
  assert.equal(config.REDIS_URL, 'rediss://user:secret@redis.example:6380/2');
  assert.equal(config.OPENAI_BASE_URL, 'https://models.example/v1');
  assert.equal(config.PERSONA_FLEET_WORKERS, 0);
  assert.equal(config.PERSONA_FLEET_METRICS_PORT, 65_535);
  assert.equal(config.PERSONA_FLEET_LOG_LEVEL, 'silent');
});

test('every default passes its own schema when it is written into the environment', () => {
  const defaults = loadConfig({});
  const written = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, String(value)]));
  assert.deepEqual(loadConfig(written), defaults);
});

test('an empty or blank variable counts as unset', () => {
  const blank = Object.fromEntries(Object.keys(configSchema.shape).map((name) => [name, '']));
  assert.deepEqual(loadConfig(blank), loadConfig({}));
  assert.equal(loadConfig({ PERSONA_FLEET_WORKERS: '  ' }).PERSONA_FLEET_WORKERS, 2);
});

test('all faults come at once, unknown names among them', () => {
  const message = faultsOf({
    REDIS_URL: 'http://redis.example',
    OPENAI_BASE_URL: 'models.example',
    PERSONA_FLEET_CONCURENCY: '8',
    PERSONA_FLEET_CONCURRENCY: '0',
    PERSONA_FLEET_WORKERS: 'many',
    PERSONA_FLEET_SHARD_SIZE: '1.5',
    PERSONA_FLEET_PREFIX: 'a{b}',
    PERSONA_FLEET_METRICS_PORT: '70000',
    PERSONA_FLEET_LOG_LEVEL: 'loud',
  });
  assert.match(message, /has 9 fault\(s\)/);
  assert.match(message, /PERSONA_FLEET_CONCURENCY is not a setting/);
  for (const line of [
    /REDIS_URL: expected redis:\/\//,
    /OPENAI_BASE_URL: expected http:\/\//,
    /PERSONA_FLEET_CONCURRENCY: .*got "0"/,
    /PERSONA_FLEET_WORKERS: .*got "many"/,
    /PERSONA_FLEET_SHARD_SIZE: .*got "1\.5"/,
    /PERSONA_FLEET_PREFIX: .*got "a\{b\}"/,
    /PERSONA_FLEET_METRICS_PORT: .*got "70000"/,
    /PERSONA_FLEET_LOG_LEVEL: .*got "loud"/,
  ]) {
    assert.match(message, line);
  }
});

test('an unknown name alone is a fault, but an empty one changes nothing', () => {
  assert.match(faultsOf({ PERSONA_FLEET_RMP: '60' }), /PERSONA_FLEET_RMP is not a setting/);
  loadConfig({ PERSONA_FLEET_RMP: '' });
});

test('no message repeats a key or an address, which may hold a password', () => {
  const message = faultsOf({
    REDIS_URL: 'http://:hunter2@redis.example',
    OPENAI_BASE_URL: 'ftp://me:hunter2@models.example',
    OPENAI_API_KEY: 'sk-hunter2-0123456789',
    PERSONA_FLEET_OPENAI_API_KEY: 'sk-hunter2-0123456789',
  });
  assert.doesNotMatch(message, /hunter2/);
});

test('a time longer than timers can run is refused: it would end every call at once', () => {
  for (const name of Object.keys(configSchema.shape).filter((each) => each.endsWith('_MS'))) {
    assert.match(faultsOf({ [name]: '2147483648' }), new RegExp(name));
  }
});

test('the configuration is frozen', () => {
  const config = loadConfig({});
  assert.ok(Object.isFrozen(config));
  assert.throws(() => Object.assign(config, { PERSONA_FLEET_WORKERS: 3 }), TypeError);
});

test('every setting has a description for the table of the README, and a name of the two families', () => {
  for (const [name, schema] of Object.entries(configSchema.shape)) {
    assert.match(name, /^(REDIS_URL|OPENAI_[A-Z_]+|PERSONA_FLEET_[A-Z_]+)$/);
    assert.ok((schema.description ?? '').length > 10, name);
  }
});
