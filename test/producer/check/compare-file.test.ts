import assert from 'node:assert/strict';
import { realpath, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compareFile } from '../../../src/producer/check/compare-file.ts';
import { personLine } from '../../../src/producer/export/person-line.ts';
import { createOutbox } from '../../../src/shared/transactions/outbox.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { committedPeople, nameOf, POPULATION, payloadOf, SIMULATION } from './committed-people.ts';

const shared = { simulation: SIMULATION, population: POPULATION, seed: '42' };
const lineOf = (slot: number, name = nameOf(slot)) =>
  `${JSON.stringify(personLine(slot, payloadOf(name), shared))}\n`;

test('a file that Redis agrees with has no divergence, also one that is older or whose people were pruned', async (t) => {
  const { redis, keys, population } = await committedPeople(t);
  const path = join(await temporaryFolder(t), 'people.jsonl');
  await writeFile(path, lineOf(0) + lineOf(1) + lineOf(3));
  await redis.hdel(population.results(3), '3');
  assert.deepEqual(await collect(compareFile(path, { redis, keys, simulation: SIMULATION })), []);
});

test('a file without people, or with those of another simulation, is refused', async (t) => {
  const { redis, keys } = await committedPeople(t);
  const path = join(await temporaryFolder(t), 'people.jsonl');
  await writeFile(path, 'name,age\n');
  const compare = (simulation: string) => collect(compareFile(path, { redis, keys, simulation }));
  await assert.rejects(compare(SIMULATION), /expected the JSON lines of an export, got none/);
  await writeFile(path, lineOf(0));
  await assert.rejects(compare('other'), /expected people of simulation other, got one of sim/);
});

test('lost commits, other people and doubled lines are found by their slots', async (t) => {
  const { redis, keys } = await committedPeople(t);
  const path = join(await temporaryFolder(t), 'people.jsonl');
  await writeFile(path, lineOf(0) + lineOf(7) + lineOf(1, 'Somebody Else') + lineOf(0));
  const found = await collect(compareFile(path, { redis, keys, simulation: SIMULATION }));
  assert.deepEqual(
    found.map(({ kind, slot }) => [kind, slot]),
    [
      ['commit-lost', 7],
      ['person-differs', 1],
      ['slot-twice', 0],
    ],
  );
});

/** The first four people of the population, pruned to a file. */
async function prunedPeople(t: TestContext) {
  const { redis, keys } = await committedPeople(t);
  const folder = await realpath(await temporaryFolder(t));
  const path = join(folder, 'people.jsonl');
  const lines = [0, 1, 2, 3].map((slot) => lineOf(slot));
  await writeFile(path, lines.join(''));
  const leaseMs = 60_000;
  const holder = { simulation: SIMULATION, population: POPULATION, holder: 'one', leaseMs };
  const outbox = createOutbox(redis, keys, holder);
  await outbox.open({ file: path, bytes: 0 });
  const to = Buffer.byteLength(lines.join(''));
  assert.equal((await outbox.prune({ slots: [0, 1, 2, 3], from: 0, to })).code, 'pruned');
  const compare = async (file: string) => {
    const found = await collect(compareFile(file, { redis, keys, simulation: SIMULATION }));
    return found.map(({ kind, slot }) => [kind, slot]);
  };
  return { folder, path, lines, compare };
}

const missing = (...slots: number[]) => slots.map((slot) => ['pruned-missing', slot]);

test('people who were pruned to a file that no longer has them are found, wherever it was moved', async (t) => {
  const { folder, path, lines, compare } = await prunedPeople(t);
  assert.deepEqual(await compare(path), []);
  await writeFile(path, lines.toSpliced(1, 1).join(''));
  assert.deepEqual(await compare(path), missing(1));
  await truncate(path, Buffer.byteLength(lines[0] ?? ''));
  assert.deepEqual(await compare(path), missing(1, 2, 3));
  const moved = join(folder, 'moved.jsonl');
  await rename(path, moved);
  assert.deepEqual(await compare(moved), missing(1, 2, 3));
  await rename(moved, path);
  await truncate(path, 0);
  assert.deepEqual(await compare(path), missing(0, 1, 2, 3));
});

test('another file than the one that people were pruned to need not have them', async (t) => {
  const { folder, lines, compare } = await prunedPeople(t);
  const older = join(folder, 'older.jsonl');
  await writeFile(older, lines[0] ?? '');
  assert.deepEqual(await compare(older), []);
});
