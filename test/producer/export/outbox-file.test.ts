import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type PrunedPopulation, prunedPopulation } from './pruned-population.ts';

/** Prunes who is committed; then this happens to the file, and slot 1 is committed. */
async function pruneAround(population: PrunedPopulation, happens: () => Promise<unknown>) {
  let passes = 0;
  return population.prune({
    isLast: () => passes > 0,
    untilNext: async () => {
      passes += 1;
      await happens();
      await population.commit(1);
    },
  });
}

const replacements: readonly [string, (file: string) => Promise<unknown>][] = [
  ['removed', (file) => rm(file)],
  [
    'replaced, as editors and whole exports do',
    async (file) => {
      await writeFile(`${file}.new`, '');
      await rename(`${file}.new`, file);
    },
  ],
];

for (const [what, happens] of replacements) {
  test(`nobody is pruned to a file that was ${what} meanwhile`, async (t) => {
    const population = await prunedPopulation(t);
    await population.commit(0);
    await assert.rejects(
      pruneAround(population, () => happens(population.file)),
      { name: 'UserError', message: /has 0 bytes, but the 1 pruned people of .* bring that file back/ },
    );
    assert.deepEqual(await population.stored(), [1]);
    assert.match(population.said.join(), /was removed, or replaced by another file: looking/);
  });

  test(`a file that was ${what} before anybody was pruned is begun again`, async (t) => {
    const population = await prunedPopulation(t);
    assert.deepEqual(await pruneAround(population, () => happens(population.file)), { people: 1 });
    assert.deepEqual(await population.slotsIn(), [1]);
    await population.assertNobodyLostOrDoubled([1]);
  });
}

test('a file that is moved meanwhile takes its people along, and is gone on with at its new place', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  const moved = `${population.file}.moved`;
  assert.deepEqual(await pruneAround(population, () => rename(population.file, moved)), { people: 2 });
  assert.deepEqual(await population.slotsIn(moved), [0, 1]);
  await population.commit(2);
  assert.deepEqual(await population.prune({ file: moved }), { people: 1 });
  assert.deepEqual(await population.slotsIn(moved), [0, 1, 2]);
});
