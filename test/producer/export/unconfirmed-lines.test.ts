import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { POPULATION, type PrunedPopulation, prunedPopulation } from './pruned-population.ts';

const OTHER = 'cd34cd34cd34cd34';

/** The lines that an export of these committed people has, without pruning anybody. */
async function linesOf(population: PrunedPopulation, ...slots: number[]): Promise<string> {
  const file = join(population.folder, 'lines.jsonl');
  const outbox = population.outbox('reader');
  await population
    .prune({ file, outbox: { ...outbox, prune: () => Promise.reject(new Error('not pruned')) } })
    .catch(() => {});
  const text = await readFile(file, 'utf8');
  await writeFile(file, '');
  return slots.map((slot) => text.split('\n').find((line) => line.startsWith(`{"slot":${slot},`))).join('\n');
}

/** What was set aside beside the file. */
async function setAside({ folder }: PrunedPopulation): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.includes('.cut-'));
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

test('a file that was noted before anybody was pruned, and has another population’s people since, is left to them', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0, 1, 2);
  const own = await linesOf(population, 0, 1);
  await population.prune({ results: { ...population.results, committedBits: async () => Buffer.alloc(0) } });
  const others = own.replaceAll(POPULATION, OTHER);
  const torn = '{"slot":1,"na';
  for (const text of [`${others}\n`, `${own}\n${others}\n${torn}`, `no export\n${others}\n`]) {
    await writeFile(population.file, text);
    await assert.rejects(population.prune(), {
      name: 'UserError',
      exitCode: 2,
      message: new RegExp(
        `has people of population ${OTHER} of simulation sim, expected those of population ${POPULATION}`,
      ),
    });
    assert.equal(await readFile(population.file, 'utf8'), text);
  }
  assert.deepEqual(await setAside(population), []);
  assert.deepEqual(await population.stored(), [0, 1, 2]);
});

test('a file of another population that ends at the confirmed byte, with the confirmed slot, is not taken for it', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  await population.prune();
  const others = (await readFile(population.file, 'utf8')).replaceAll(POPULATION, OTHER);
  await writeFile(population.file, others);
  await population.commit(1);
  await assert.rejects(population.prune(), {
    name: 'UserError',
    message: /was changed: expected the line of slot 0/,
  });
  assert.equal(await readFile(population.file, 'utf8'), others);
});

/** What may follow the confirmed part, given the line of slot 1, which is committed; and whether Redis has all of it. */
const tails: readonly [string, (line: string) => string, boolean][] = [
  ['the line of somebody in Redis', (line) => `${line}\n`, true],
  ['the beginning of their line', (line) => line.slice(0, 100), true],
  ['a line without its line break', (line) => line, true],
  ['a line torn within its slot', () => '{"slot":1', true],
  ['a line torn within its first word', () => '{"sl', true],
  ['a line torn within a character', (line) => `${line.slice(0, 100)}\uFFFD`, true],
  ['notes without a line break', () => 'my own notes', false],
  ['notes', () => 'my own notes\n', false],
  ['zeros, as some file systems leave', () => '\0'.repeat(64), false],
  ['the line of a slot that is open', (line) => `${line.replace('{"slot":1,', '{"slot":9,')}\n`, false],
  ['another person in the slot', (line) => `${line.replaceAll('Person 1', 'Person X')}\n`, false],
  ['the beginning of another person', (line) => line.replaceAll('Person 1', 'Person X').slice(0, 100), false],
];

for (const [what, tailOf, isInRedis] of tails) {
  test(`behind the confirmed part, ${what}: ${isInRedis ? 'cut off' : 'set aside'}`, async (t) => {
    const population = await prunedPopulation(t);
    await population.commit(1);
    const line = await linesOf(population, 1);
    await population.commit(0);
    await population.prune({
      results: { ...population.results, committedBits: async () => Buffer.from([0x80]) },
    });
    const tail = tailOf(line);
    await appendFile(population.file, tail);
    assert.deepEqual(await population.prune(), { people: 1 });
    await population.assertNobodyLostOrDoubled([0, 1]);
    assert.deepEqual(await setAside(population), isInRedis ? [] : [tail]);
    assert.equal(population.said.length, isInRedis ? 0 : 1, population.said.join());
  });
}
