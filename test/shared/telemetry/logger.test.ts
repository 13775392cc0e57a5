import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, scrub } from '../../../src/shared/telemetry/logger.ts';

const KEY = 'sk-proj-abcDEF_0123-456789';
const REDIS = 'redis://worker:hunter2@redis.example:6379/0';

/** A logger and what it has written, line by line. */
function logging(level = 'trace') {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(line) });
  const only = (): Record<string, unknown> => {
    assert.equal(lines.length, 1);
    return JSON.parse(lines[0] ?? '');
  };
  return { logger, lines, only };
}

test('a line is JSON with level, time, pid, the known fields and the message', () => {
  const { logger, only } = logging();
  logger.info({ slot: 7, attempts: 2, reason: 'timeout', replayed: false, status: null }, 'slot given up');
  const { time, ...line } = only();
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(line, {
    level: 'info',
    pid: process.pid,
    slot: 7,
    attempts: 2,
    reason: 'timeout',
    replayed: false,
    status: null,
    msg: 'slot given up',
  });
});

test('only listed fields pass, at any depth: a listed one that holds an object is dropped whole', () => {
  const { logger, lines } = logging();
  const hidden = { prompt: 'You are', persona: { name: 'Ann Lee' }, apiKey: 'hidden', headers: ['hidden'] };
  logger.info({ ...hidden, slot: 1, error: hidden, job: [hidden], population: { deep: { hidden } } }, 'm');
  const { time: _time, ...line } = JSON.parse(lines[0] ?? '');
  assert.deepEqual(line, { level: 'info', pid: process.pid, slot: 1, msg: 'm' });
});

test('child loggers let no other fields in either', () => {
  const { logger, lines } = logging();
  logger.child({ simulation: 's', prompt: 'You are', url: REDIS }).child({ apiKey: 'hidden' }).info('m');
  const { simulation, prompt, apiKey, url } = JSON.parse(lines[0] ?? '');
  assert.deepEqual(
    { simulation, prompt, apiKey, url },
    { simulation: 's', prompt: undefined, apiKey: undefined, url: 'redis://worker:***@redis.example:6379/0' },
  );
});

test('an error is logged as its message, never whole', () => {
  const { logger, only } = logging();
  const error = Object.assign(new Error('refused'), { request: { prompt: 'You are' }, headers: KEY });
  logger.error({ error }, 'call failed');
  const line = only();
  assert.equal(line.error, 'refused');
  assert.ok(!JSON.stringify(line).includes('You are') && !('stack' in line));
});

test('keys and passwords are scrubbed wherever a text can stand', () => {
  const ways: ((logger: ReturnType<typeof logging>['logger'], secret: string) => void)[] = [
    (logger, secret) => logger.info(`bad key ${secret}`),
    (logger, secret) => logger.info({ error: secret }, 'm'),
    (logger, secret) => logger.info({ slot: 1 }, `bad key ${secret}`),
    (logger, secret) => logger.info('bad key %s', secret),
    (logger, secret) => logger.info({ slot: 1 }, 'bad key %s', secret),
    (logger, secret) => logger.info('bad key %j', { secret }),
    (logger, secret) => logger.info({ error: new Error(`bad key ${secret}`) }, 'm'),
    (logger, secret) => logger.info({ err: new Error(`bad key ${secret}`) }),
    (logger, secret) => logger.info(new Error(`bad key ${secret}`)),
    (logger, secret) => logger.info(new Error(`bad key ${secret}`), 'm'),
    (logger, secret) => logger.child({ reason: secret, secret }).info('m'),
  ];
  for (const secret of [KEY, REDIS, `Bearer ${KEY}`]) {
    for (const [index, way] of ways.entries()) {
      const { logger, lines } = logging();
      way(logger, secret);
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines[0] ?? '', /abcDEF|hunter2/, `way ${index}`);
    }
  }
});

test('an error that stands alone gives the line its message', () => {
  const { logger, only } = logging();
  logger.error(new Error('out of luck'));
  const { error, msg } = only();
  assert.deepEqual({ error, msg }, { error: 'out of luck', msg: 'out of luck' });
});

test('scrub takes keys, tokens and passwords out, and leaves the rest', () => {
  assert.equal(scrub(`key ${KEY}!`), 'key sk-***!');
  assert.equal(scrub('pk-0123456789 rk-0123456789'), 'pk-*** rk-***');
  assert.equal(scrub('authorization: bearer abc.def-123'), 'authorization: Bearer ***');
  assert.equal(scrub('redis://:secret@h:1'), 'redis://:***@h:1');
  assert.equal(scrub('redis://user:p@ss/word@h:1/0 failed'), 'redis://user:***@h:1/0 failed');
  for (const plain of [
    'risk-adjusted',
    'http://host:8080/v1',
    'mail a@b.example',
    'ask-anything',
    'Bearer of',
  ]) {
    assert.equal(scrub(plain), plain);
  }
});

test('scrub shortens to 500 characters, and a secret at the cut does not survive', () => {
  const long = scrub('x'.repeat(10_000));
  assert.equal(long.length, 501);
  assert.ok(!scrub(`${'x '.repeat(245)}${KEY}`).includes('sk-p'));
});

test('lines below the level are not written', () => {
  const { logger, lines } = logging('warn');
  logger.info('quiet');
  logger.warn('loud');
  assert.equal(lines.length, 1);
});
