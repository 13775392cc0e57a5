import assert from 'node:assert/strict';
import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertHasNoPruned } from '../../../src/producer/export/pruned-file.ts';
import { createPopulations } from '../../../src/shared/transactions/populations.ts';
import { peoplePruned } from '../../../src/shared/transactions/pruned-people.ts';
import { createResults } from '../../../src/shared/transactions/results.ts';
import { POPULATION, prunedPopulation } from './pruned-population.ts';

test('the only copy of people is not to be replaced; anything else may be', async (t) => {
  const { redis, keys, file, folder, commit, prune } = await prunedPopulation(t);
  const statusOf = (named: { simulation: string; population: string }) =>
    createPopulations(redis, keys, named.simulation).status(named.population);
  const isFree = (path: string) => assertHasNoPruned(path, statusOf);
  await isFree(file);
  await commit(0, 1);
  await prune();
  const refused = {
    name: 'UserError',
    exitCode: 2,
    message: /has 2 people of population \w+ who are nowhere else/,
  };
  await assert.rejects(isFree(file), refused);
  await symlink(file, join(folder, 'link'));
  await assert.rejects(isFree(join(folder, 'link')), refused);
  await writeFile(join(folder, 'copy'), await readFile(file));
  await isFree(join(folder, 'copy'));
  await rename(file, join(folder, 'moved'));
  await assert.rejects(isFree(join(folder, 'moved')), {
    ...refused,
    message:
      /moved has 2 people .* who are nowhere else, since they were pruned to .*people\.jsonl, which is gone/,
  });
  await assert.rejects(isFree(join(folder, 'copy')), refused, 'which of them was moved is not to be told');
  await rename(join(folder, 'moved'), file);
  await writeFile(join(folder, 'other'), 'a,b\n1,2\n');
  await isFree(join(folder, 'other'));
  await isFree(folder);
  await isFree('-');
  await createPopulations(redis, keys, 'sim').forget(POPULATION);
  await isFree(file);
});

test('whoever reads all results of a population hears of those that were pruned, and of those that are lost', async (t) => {
  const { redis, keys, key, commit, prune, file } = await prunedPopulation(t);
  const read = async () => {
    const slots: number[] = [];
    const results = createResults(redis, keys, 'sim', POPULATION);
    for await (const { slot } of results.committed({ from: 0, to: 5_000 })) slots.push(slot);
    return slots;
  };
  await commit(1, 4_000);
  assert.deepEqual(await read(), [1, 4_000]);
  const lost = (await redis.hgetBuffer(key.results(1), '1')) ?? Buffer.alloc(0);
  await redis.hdel(key.results(1), '1');
  await assert.rejects(read(), {
    name: 'UserError',
    message: /slot 1 of population \w+ is committed, but its result is missing/,
  });
  await redis.hset(key.results(1), '1', lost);
  await prune();
  await assert.rejects(read(), {
    name: 'UserError',
    exitCode: 2,
    message: new RegExp(
      `^2 people of population ${POPULATION} are no longer in Redis: they were pruned to ${file}\\.`,
    ),
  });
});

test('the command that goes on with a file names it as one word of a shell', () => {
  const named = { population: POPULATION, simulation: 'sim', pruned: 1 };
  const commandFor = (prunedTo: string) =>
    /--out ([^`]*)` adds/.exec(peoplePruned({ ...named, prunedTo }).message)?.[1];
  assert.equal(commandFor('/data/people-1.jsonl'), '/data/people-1.jsonl');
  assert.equal(commandFor("/data/Ann's people.jsonl"), `'/data/Ann'\\''s people.jsonl'`);
});
