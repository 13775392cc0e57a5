import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type FollowOptions, followPeople } from '../../../src/producer/export/follow-people.ts';
import { assertNonePruned } from '../../../src/shared/transactions/pruned-people.ts';
import { POPULATION, prunedPopulation } from './pruned-population.ts';

async function followed(t: TestContext) {
  const population = await prunedPopulation(t);
  const follow = (changes: Partial<FollowOptions> = {}) =>
    followPeople({
      results: population.results,
      shared: { simulation: 'sim', population: POPULATION, seed: '7' },
      out: population.file,
      stdout: new PassThrough(),
      isLast: () => true,
      untilNext: async () => {},
      signal: new AbortController().signal,
      assertNonePruned: async () => assertNonePruned(await population.status()),
      ...changes,
    });
  return { ...population, follow };
}

test('each pass writes who came since, and Redis keeps them', async (t) => {
  const { follow, commit, slotsIn, stored } = await followed(t);
  const toCome = [[3], [2_000, 1]];
  await commit(5);
  const people = await follow({
    isLast: () => toCome.length === 0,
    untilNext: () => commit(...(toCome.shift() ?? [])),
  });
  assert.deepEqual(people, { people: 4 });
  assert.deepEqual(await slotsIn(), [5, 3, 1, 2_000]);
  assert.deepEqual(await stored(), [1, 3, 5, 2_000]);
});

test('stdout gets the same lines', async (t) => {
  const { follow, commit, file } = await followed(t);
  await commit(1, 0);
  await follow();
  const stdout = new PassThrough();
  await follow({ out: '-', stdout });
  stdout.end();
  assert.equal(await text(stdout), await readFile(file, 'utf8'));
});

test('a file that holds something is refused and stays as it is; no file can be where none can be', async (t) => {
  const { follow, file, commit } = await followed(t);
  await commit(0);
  await writeFile(file, 'mine');
  await assert.rejects(follow(), {
    name: 'UserError',
    exitCode: 2,
    message: /is there already: nothing is overwritten/,
  });
  assert.equal(await readFile(file, 'utf8'), 'mine');
  await assert.rejects(follow({ out: `${file}/below` }), {
    name: 'UserError',
    message: /^cannot write .*below/,
  });
});

test('people who are pruned meanwhile end it', async (t) => {
  const { follow, commit, prune, folder, slotsIn } = await followed(t);
  await commit(0);
  const following = follow({
    out: `${folder}/followed.jsonl`,
    isLast: () => false,
    untilNext: async () => {
      await commit(1);
      await prune();
    },
  });
  await assert.rejects(following, {
    name: 'UserError',
    exitCode: 2,
    message: /^2 people of population \w+ are no longer in Redis/,
  });
  assert.deepEqual(await slotsIn(`${folder}/followed.jsonl`), [0]);
});

test('it stops while Redis does not answer', async (t) => {
  const { follow, results } = await followed(t);
  const stopping = new AbortController();
  const committedBits = () => {
    stopping.abort();
    return new Promise<Buffer>(() => {});
  };
  const following = follow({ signal: stopping.signal, results: { ...results, committedBits } });
  await assert.rejects(following, { name: 'UserError', exitCode: 130 });
});
