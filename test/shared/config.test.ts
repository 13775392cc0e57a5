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
  assert.match(message, /has 9 faults:/);
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

test('numbers are expected in words of our own; separators are no part of one', () => {
  assert.equal(
    faultsOf({ PERSONA_FLEET_RPM: 'ten' }),
    'the environment has 1 fault:\n  PERSONA_FLEET_RPM: expected a whole number from 0, got "ten"',
  );
  assert.match(faultsOf({ PERSONA_FLEET_TPM: '200_000' }), /got "200_000": write 200000$/);
  assert.match(faultsOf({ PERSONA_FLEET_TPM: '200,000' }), /got "200,000": write 200000$/);
  assert.match(faultsOf({ PERSONA_FLEET_BURST: '0' }), /expected a number above 0 and up to 1, got "0"$/);
  assert.match(faultsOf({ PERSONA_FLEET_LOG_LEVEL: 'loud' }), /expected one of "trace", "debug"/);
});

test('a key that no header can carry is refused, and not repeated', () => {
  for (const [key, why] of [
    ['\u201csk-hunter2\u201d', /OPENAI_API_KEY: .*U\+201C, a typographic quote, at character 1$/],
    ['sk-hunter2\nOPENAI_MODEL=x', /OPENAI_API_KEY: .*a line break at character 11$/],
    ['sk-hunter2\u0416', /OPENAI_API_KEY: .*U\+0416 at character 11$/],
  ] as const) {
    const message = faultsOf({ OPENAI_API_KEY: key });
    assert.match(message, why);
    assert.doesNotMatch(message, /hunter2/);
  }
  assert.equal(loadConfig({ OPENAI_API_KEY: 'sk-\u00e9' }).OPENAI_API_KEY, 'sk-\u00e9');
});

test('what is wrong with headers is told apart, and their values are not repeated', () => {
  for (const [written, why] of [
    ['api-key: hunter2', /what is not JSON$/],
    ['["hunter2"]', /a JSON object of texts .*JSON of another kind$/],
    ['{"api-key": 5}', /api-key: expected a text in quotes$/],
    ['{"x": "y", "api key": "hunter2"}', /entry 2: its key is no name of a header$/],
    ['{"": "hunter2"}', /entry 1: its key is no name of a header$/],
    ['{"Content-Length": "5"}', /Content-Length must not be set/],
    ['{"transfer-encoding": "chunked"}', /must not be set/],
    ['{"connection": "close"}', /must not be set/],
    ['{"Host": "hunter2"}', /must not be set/],
    ['{"api-key": "hunter2\\n"}', /api-key: .*a line break at character 8$/],
  ] as const) {
    const message = faultsOf({ PERSONA_FLEET_HEADERS: written });
    assert.match(message, why);
    assert.doesNotMatch(message, /hunter2/);
  }
  assert.deepEqual(
    loadConfig({ PERSONA_FLEET_HEADERS: '{"api-key": "k", "x_y": ""}' }).PERSONA_FLEET_HEADERS,
    {
      'api-key': 'k',
      x_y: '',
    },
  );
});

test('one room for answers that is set draws the other with it; two that contradict are a fault', () => {
  const roomOf = (env: Record<string, string>) => {
    const config = loadConfig(env);
    return [config.PERSONA_FLEET_COMPLETION_TOKENS, config.PERSONA_FLEET_MAX_COMPLETION_TOKENS];
  };
  assert.deepEqual(roomOf({ PERSONA_FLEET_COMPLETION_TOKENS: '20000' }), [20_000, 20_000]);
  assert.deepEqual(roomOf({ PERSONA_FLEET_MAX_COMPLETION_TOKENS: '1000' }), [1_000, 1_000]);
  assert.deepEqual(roomOf({ PERSONA_FLEET_COMPLETION_TOKENS: '5000' }), [5_000, 16_384]);
  assert.match(
    faultsOf({ PERSONA_FLEET_COMPLETION_TOKENS: '20000', PERSONA_FLEET_MAX_COMPLETION_TOKENS: '8000' }),
    /PERSONA_FLEET_COMPLETION_TOKENS: expected at most PERSONA_FLEET_MAX_COMPLETION_TOKENS \(8000\), got 20000/,
  );
});
