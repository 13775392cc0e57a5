import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellSchemeOf } from '../../../src/producer/report/cells.ts';
import { createPairTally, excessOf, MAX_PAIRS } from '../../../src/producer/report/pair-tally.ts';
import type { Dimension, Joint } from '../../../src/shared/sampling/dimensions.ts';

const values = (name: string, weights: readonly number[]): Dimension => ({
  name,
  kind: 'values',
  values: weights.map((weight, index) => ({ value: `${name}${index}`, weight })),
});
const tallyOf = (dimensions: readonly Dimension[], joints: readonly Joint[] = []) =>
  createPairTally(
    dimensions.map((dimension) => cellSchemeOf(dimension, joints)),
    joints,
  );

test('independent dimensions are held against the product of their shares', () => {
  const tally = tallyOf([values('a', [1, 1]), values('b', [1, 1])]);
  for (const indexes of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    tally.plan(indexes);
  }
  // All in two cells that should have a quarter each.
  tally.output([0, 0]);
  tally.output([1, 1]);
  const [pair] = tally.report().pairs;
  assert.equal(pair?.target, 'independent');
  assert.equal(pair?.tvd.plan, 0);
  assert.equal(pair?.tvd.output, 0.5);
});

test('a joint table is the target of its own pairs, and somebody outside of all cells is far from it', () => {
  const joint = {
    dimensions: ['b', 'a'],
    cells: [
      { at: [0, 1], weight: 3 },
      { at: [1, 0], weight: 1 },
    ],
  };
  const tally = tallyOf([values('a', [1, 3]), values('b', [3, 1])], [joint]);
  for (const indexes of [
    [1, 0],
    [1, 0],
    [1, 0],
    [0, 1],
  ]) {
    tally.plan(indexes);
    tally.output(indexes);
  }
  const exact = tally.report().pairs[0];
  assert.equal(exact?.target, 'joint');
  assert.equal(exact?.tvd.plan, 0);
  assert.equal(exact?.tvd.output, 0);
  for (let person = 0; person < 4; person += 1) tally.output([-1, 0]);
  assert.equal(tally.report().pairs[0]?.tvd.output, 0.5);
});

test('pairs beyond the limit are counted, and those of a joint are among the measured', () => {
  const dimensions = Array.from({ length: 14 }, (_, index) => values(`d${index}`, [1, 1]));
  const joint = {
    dimensions: ['d12', 'd13'],
    cells: [{ at: [0, 0], weight: 1 }],
  };
  const { pairs, omitted } = tallyOf(dimensions, [joint]).report();
  assert.equal(pairs.length, MAX_PAIRS);
  assert.equal(omitted, (14 * 13) / 2 - MAX_PAIRS);
  assert.deepEqual([pairs[0]?.first, pairs[0]?.second], ['d12', 'd13']);
});

test('dimensions of very many values have the smaller ones taken together', () => {
  const tally = tallyOf([
    values(
      'many',
      Array.from({ length: 300 }, (_, index) => index + 1),
    ),
    values('b', [1, 1]),
  ]);
  for (let cell = 0; cell < 300; cell += 1) {
    for (let times = 0; times <= cell; times += 1) {
      tally.output([cell, 0]);
      tally.output([cell, 1]);
    }
  }
  const distance = tally.report().pairs[0]?.tvd.output ?? 1;
  assert.ok(distance < 1e-9, String(distance));
});

test('nobody: there is a plan, but no output', () => {
  const [pair] = tallyOf([values('a', [1]), values('b', [1])]).report().pairs;
  assert.equal(pair?.tvd.output, null);
  assert.equal(pair && excessOf(pair), null);
});
