import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/shared/errors.ts';
import { JOB_VERSION, jobDataSchema, jobId } from '../../src/shared/jobs.ts';

const job = (changes: Record<string, unknown> = {}) => ({
  version: JOB_VERSION,
  simulation: 'default',
  population: 'ab12ab12ab12ab12ab12ab12',
  slots: [0, 16],
  stateDigest: 'cd34cd34cd34cd34',
  ...changes,
});

test('a job is read as it was written, with or without the state inside', () => {
  assert.deepEqual(jobDataSchema.parse(job()), job());
  assert.deepEqual(jobDataSchema.parse(job({ state: '{}' })), job({ state: '{}' }));
});

test('jobs that earlier releases left in the queue are still read', () => {
  for (const version of [1, 2]) assert.equal(jobDataSchema.parse(job({ version })).version, version);
});

test('a job of a later release, or with fields nobody knows, is refused instead of guessed at', () => {
  for (const changes of [
    { version: JOB_VERSION + 1 },
    { version: undefined },
    { urgent: true },
    { population: '../names' },
    { population: 'AB12AB12AB12AB12' },
    { stateDigest: '' },
    { state: {} },
  ]) {
    assert.equal(jobDataSchema.safeParse(job(changes)).success, false, JSON.stringify(changes));
  }
});

test('a shard holds at least one slot, numbered from 0', () => {
  for (const slots of [[3, 3], [4, 3], [-1, 3], [0, 1.5], [0], [0, 1, 2], '0-1']) {
    assert.equal(jobDataSchema.safeParse(job({ slots })).success, false, JSON.stringify(slots));
  }
  assert.equal(jobDataSchema.safeParse(job({ slots: [99_999_999, 100_000_000] })).success, true);
});

// Of a few each, so that two shards often agree in all but one part.
const simulation = fc.constantFrom('a', 'a-1', '1', 'a-0123456789abcdef');
const population = fc.constantFrom('0123456789abcdef', '1111111111111111');
const shard = fc.tuple(fc.constantFrom(0, 1, 11), fc.constantFrom(1, 11, 12));

test('the id of a shard is its own, the same each time, and one that BullMQ takes', () => {
  fc.assert(
    fc.property(
      fc.tuple(simulation, population, shard),
      fc.tuple(simulation, population, shard),
      (one, other) => {
        const id = jobId(...one);
        assert.equal(id, jobId(...structuredClone(one)));
        assert.equal(id === jobId(...other), JSON.stringify(one) === JSON.stringify(other));
        assert.ok(!id.includes(':') && !/^\d+$/.test(id), id);
      },
    ),
  );
});

test('ids keep apart what only differs in where a dash stands', () => {
  const hex = '0123456789abcdef';
  assert.notEqual(jobId(`a-${hex}`, hex, [1, 2]), jobId('a', hex, [1, 2]));
});

test('a simulation id that is none makes no job id', () => {
  assert.throws(() => jobId('a:b', 'ab12ab12ab12ab12', [0, 1]), UserError);
});
