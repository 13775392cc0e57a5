import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNearDuplicates } from '../../../src/producer/report/near-duplicates.ts';
import { uniformAt } from '../../../src/shared/sampling/seeded-hash.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

/** A person whose texts are all words of their own. */
function personOf(name: string, words: readonly string[]) {
  const person = examplePersona();
  return { ...person, name, style: words.join(' ') };
}
const wordsOf = (seed: string, count: number) =>
  Array.from({ length: count }, (_, index) => `w${Math.floor(uniformAt(seed, index) * 1e9)}`);

test('texts that are the same but for a few words are found; different ones are not', () => {
  const duplicates = createNearDuplicates();
  for (let slot = 0; slot < 60; slot += 1) {
    duplicates.add(slot, personOf(`Person ${slot}`, wordsOf(`seed ${slot}`, 1200)));
  }
  const copied = wordsOf('seed 7', 1200);
  copied[600] = 'other';
  duplicates.add(60, personOf('The copy', copied));
  const { pairs, examples, people, cut } = duplicates.report();
  assert.equal(people, 61);
  assert.equal(pairs, 1);
  assert.equal(cut, false);
  assert.deepEqual(examples[0]?.people, [
    { slot: 7, name: 'Person 7' },
    { slot: 60, name: 'The copy' },
  ]);
  assert.ok((examples[0]?.similarity ?? 0) > 0.9);
});

test('the name is no part of the text, and the estimate is near the real similarity', () => {
  const duplicates = createNearDuplicates();
  const words = wordsOf('one', 3000);
  duplicates.add(0, personOf('A', words));
  duplicates.add(1, personOf('B', words));
  assert.equal(duplicates.report().examples[0]?.similarity, 1);
  // Sets of about 3000 three-word runs each, 2400 in common: a similarity of 2/3, below the threshold.
  const other = createNearDuplicates();
  other.add(0, personOf('A', words));
  other.add(1, personOf('B', [...words.slice(0, 2400), ...wordsOf('two', 600)]));
  assert.equal(other.report().pairs, 0);
});

test('where everybody is alike every pair counts, up to the limit, and the limit is told', () => {
  const alike = (max?: number) => {
    const duplicates = createNearDuplicates(max);
    for (let slot = 0; slot < 40; slot += 1) duplicates.add(slot, personOf(`P${slot}`, []));
    return duplicates.report();
  };
  const whole = alike();
  assert.equal(whole.pairs, (40 * 39) / 2);
  assert.equal(whole.cut, false);
  assert.equal(whole.examples.length, 10);
  const cut = alike(100);
  assert.equal(cut.pairs, 100);
  assert.equal(cut.cut, true);
});
