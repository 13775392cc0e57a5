import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellSchemeOf } from '../../../src/producer/report/cells.ts';
import { createDepthTally } from '../../../src/producer/report/depth-tally.ts';
import { createDimensionTally } from '../../../src/producer/report/dimension-tally.ts';
import { createDistinctTally } from '../../../src/producer/report/distinct-tally.ts';
import { createNameTally } from '../../../src/producer/report/name-tally.ts';
import { shownCells } from '../../../src/producer/report/shown-cells.ts';
import { wordsOf } from '../../../src/producer/report/words.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

const close = (actual: number | null | undefined, expected: number) =>
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) < 1e-12 * Math.max(1, expected),
    `${actual} is not ${expected}`,
  );

function tallyOf(weights: readonly number[]) {
  const scheme = cellSchemeOf(
    { name: 'd', kind: 'values', values: weights.map((weight, index) => ({ value: `v${index}`, weight })) },
    [],
  );
  return createDimensionTally(scheme, true);
}

test('target, plan and output of a dimension, by hand', () => {
  const tally = tallyOf([3, 1]);
  for (const index of [0, 0, 0, 1]) tally.plan(index);
  for (const index of [0, 1]) tally.output(index);
  const report = tally.report(4);
  assert.deepEqual(report.cells, [
    { label: 'v0', targetShare: 0.75, expected: 3, planned: 3, output: 1 },
    { label: 'v1', targetShare: 0.25, expected: 1, planned: 1, output: 1 },
  ]);
  close(report.tvd.plan, 0);
  close(report.tvd.output, 0.25);
  close(report.tvd.drift, 0.25);
  close(report.srmse.output, Math.sqrt(2 * (0.25 ** 2 + 0.25 ** 2)));
});

test('people outside of every cell count against the output', () => {
  const tally = tallyOf([1, 1]);
  tally.plan(0);
  tally.plan(1);
  for (const index of [0, 1, -1, -1]) tally.output(index);
  const report = tally.report(2);
  assert.equal(report.outside, 2);
  close(report.tvd.output, 0.5);
  assert.equal(shownCells(report, 5).at(-1)?.label, '(none of these)');
});

test('nobody is no distance', () => {
  const tally = tallyOf([1, 1]);
  tally.plan(0);
  tally.plan(1);
  assert.deepEqual(tally.report(2).tvd, { plan: 0, drift: null, output: null });
});

test('of hundreds of values the largest are shown, the others as one', () => {
  const tally = tallyOf(Array.from({ length: 300 }, (_, index) => (index === 250 ? 700 : 1)));
  tally.plan(250);
  tally.output(250);
  tally.output(299);
  const shown = shownCells(tally.report(999), 10);
  assert.equal(shown.length, 10);
  const rest = shown.at(-1);
  assert.equal(rest?.label, '(291 others)');
  close(shown.find(({ label }) => label === 'v250')?.expected, 700);
  assert.equal(
    shown.reduce((sum, { output }) => sum + output, 0),
    2,
  );
});

test('names: canonical ones are counted apart, first words have an entropy', () => {
  const tally = createNameTally();
  for (const name of ['Ana Silva', 'Ana Costa', 'Zoë Costa', 'ZOE  costa']) tally.add(name);
  const { people, distinct, first, last } = tally.report();
  assert.equal(people, 4);
  assert.equal(distinct, 3);
  // Ana twice, Zoë and ZOE once each: 1.5 bits of at most 2.
  close(first.entropyBits, 1.5);
  close(first.entropyShare, 0.75);
  assert.deepEqual(first.top[0], { name: 'Ana', people: 2, share: 0.5 });
  assert.equal(last.distinct, 3);
});

test('names of more people than fit at first', () => {
  const tally = createNameTally();
  for (let person = 0; person < 5000; person += 1) tally.add(`Name ${person % 2500}`);
  assert.equal(tally.report().distinct, 2500);
});

test('distinct-1 and distinct-2, by hand', () => {
  const tally = createDistinctTally();
  tally.add('A nurse, a nurse');
  tally.add('a clerk');
  // Six words, three distinct; bigrams: a nurse, nurse a, a nurse, a clerk: four, three distinct.
  assert.deepEqual(tally.report(), { texts: 2, distinct1: 0.5, distinct2: 0.75 });
});

test('words of scripts without spaces are characters', () => {
  assert.deepEqual(wordsOf("東京 O'Neil été"), ['東', '京', 'o', 'neil', 'été']);
});

test('list depth: least, mean and most, and who is below', () => {
  const tally = createDepthTally();
  const person = examplePersona();
  tally.add(person);
  tally.add({ ...person, beliefs: person.beliefs.slice(0, 4) });
  const { fields, shallow } = tally.report();
  assert.deepEqual(
    fields.find(({ field }) => field === 'beliefs'),
    { field: 'beliefs', minimum: 8, min: 4, mean: 6, max: 8, below: 1 },
  );
  assert.equal(shallow, 1);
});
