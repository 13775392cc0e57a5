import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf, type Dimension, type Joint } from '../../../src/shared/sampling/dimensions.ts';
import { createPlan, type Plan } from '../../../src/shared/sampling/plan.ts';

const values = (name: string, count: number): Dimension => ({
  name,
  kind: 'values',
  values: Array.from({ length: count }, (_, index) => ({ value: `${name}${index}`, weight: 1 })),
});
const banded = (name: string, count: number): Dimension => ({
  name,
  kind: 'range',
  min: 0,
  max: 10 * count - 1,
  distribution: {
    kind: 'bands',
    bands: Array.from({ length: count }, (_, index) => ({
      label: `${name}${index}`,
      min: 10 * index,
      max: 10 * index + 9,
      weight: index + 1,
    })),
  },
});
const jointOf = (dimensions: readonly Dimension[], weights: readonly number[]): Joint => {
  let cells: number[][] = [[]];
  for (const dimension of dimensions) {
    cells = cells.flatMap((at) => cellsOf(dimension).map((_, index) => [...at, index]));
  }
  const weighted = cells.map((at, index) => ({ at, weight: weights[index % weights.length] ?? 0 }));
  return {
    dimensions: dimensions.map(({ name }) => name),
    cells: weighted.filter(({ weight }) => weight > 0),
  };
};
const sealed = (plan: Plan) => Array.from({ length: plan.size }, (_, slot) => plan.seal(slot));

const age = banded('age', 4);
const income = banded('income', 3);
const job = values('job', 5);
const region = values('region', 4);
const joint = jointOf([age, job, income], [1, 0, 4, 2, 7, 0.5, 3]);
const dimensions = [job, region, age, income];

test('the slots fill exactly the counts that the plan states, of dimensions and of the joint', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
      fc.string({ maxLength: 6 }),
      (extents, seed) => {
        const plan = createPlan({ dimensions, joints: [joint], extents, seed });
        const people = sealed(plan);
        for (const dimension of dimensions) {
          const found = cellsOf(dimension).map(
            ({ label }) => people.filter(({ cells }) => cells[dimension.name] === label).length,
          );
          assert.deepEqual(found, plan.counts(dimension.name));
        }
        const found = joint.cells.map(
          ({ at }) =>
            people.filter(({ cells }) =>
              [age, job, income].every(
                (each, position) => cells[each.name] === cellsOf(each)[at[position] ?? 0]?.label,
              ),
            ).length,
        );
        assert.deepEqual(found, plan.jointCounts(0));
      },
    ),
    { numRuns: 30 },
  );
});

test('a sealed number lies in the band that its slot fills, and each number of a band is within one of its share', () => {
  const plan = createPlan({ dimensions, joints: [joint], extents: [997], seed: 's' });
  const people = sealed(plan);
  for (const [band, count] of plan.counts('age').entries()) {
    const ages = people
      .filter(({ cells }) => cells.age === `age${band}`)
      .map(({ characteristics }) => characteristics.age);
    assert.equal(ages.length, count);
    for (let number = 10 * band; number < 10 * band + 10; number += 1) {
      const found = ages.filter((each) => each === number).length;
      assert.ok(Math.abs(found - count / 10) < 1, `${found} of ${count / 10} aged ${number}`);
    }
    assert.ok(ages.every((each) => Number(each) >= 10 * band && Number(each) < 10 * band + 10));
  }
});

test('inside a cell of a joint two ranges say nothing about each other', () => {
  const [x, y] = [banded('x', 1), banded('y', 1)];
  const plan = createPlan({
    dimensions: [x, y],
    joints: [{ dimensions: ['x', 'y'], cells: [{ at: [0, 0], weight: 1 }] }],
    extents: [2000],
    seed: 's',
  });
  const people = sealed(plan).map(({ characteristics }) => [
    Number(characteristics.x),
    Number(characteristics.y),
  ]);
  const covariance = people.reduce((sum, [a = 0, b = 0]) => sum + (a - 4.5) * (b - 4.5), 0) / people.length;
  // The correlation, with a standard deviation of 0.022 when there is none.
  assert.ok(Math.abs(covariance / 8.25) < 0.1, `${covariance / 8.25}`);
});

test('independent dimensions mix: chi square of their table is as of chance', () => {
  const plan = createPlan({ dimensions, joints: [joint], extents: [4000], seed: 's' });
  const people = sealed(plan);
  for (const [first, second] of [
    ['region', 'job'],
    ['region', 'age'],
  ] as const) {
    const [rows, columns] = [plan.counts(first), plan.counts(second)];
    const labels = (name: string) =>
      cellsOf(dimensions.find((each) => each.name === name) ?? job).map(({ label }) => label);
    let chiSquare = 0;
    for (const [row, rowLabel] of labels(first).entries()) {
      for (const [column, columnLabel] of labels(second).entries()) {
        const expected = ((rows[row] ?? 0) * (columns[column] ?? 0)) / plan.size;
        const found = people.filter(
          ({ cells }) => cells[first] === rowLabel && cells[second] === columnLabel,
        ).length;
        chiSquare += (found - expected) ** 2 / expected;
      }
    }
    // 12 and 9 degrees of freedom: 40 is beyond the 99.99th percentile. Dependence would make it hundreds.
    assert.ok(chiSquare < 40, `${first} and ${second}: ${chiSquare}`);
  }
});

test('order of evaluation, copies of the plan and later extents change nobody', () => {
  const options = { dimensions, joints: [joint], seed: 's' };
  const grown = sealed(createPlan({ ...options, extents: [150, 1, 60] }));
  assert.deepEqual(sealed(createPlan({ ...options, extents: [150] })), grown.slice(0, 150));
  assert.deepEqual(sealed(createPlan({ ...options, extents: [150, 1] })), grown.slice(0, 151));
  const again = createPlan({ ...structuredClone(options), extents: [150, 1, 60] });
  for (const [from, to] of [
    [200, 211],
    [0, 7],
    [145, 160],
  ] as const) {
    for (let slot = to - 1; slot >= from; slot -= 1) assert.deepEqual(again.seal(slot), grown[slot]);
  }
  assert.notDeepEqual(sealed(createPlan({ ...options, seed: 'other', extents: [150, 1, 60] })), grown);
});

test('every slot is found in its own extent, however many there are', () => {
  const plan = createPlan({ dimensions: [job], joints: [], extents: Array(2000).fill(1), seed: 's' });
  assert.equal(plan.size, 2000);
  assert.deepEqual(plan.counts('job'), [400, 400, 400, 400, 400]);
  assert.equal(sealed(plan).filter(({ cells }) => cells.job === 'job3').length, 400);
});

test('a range without bands is one cell; what does not exist is a RangeError that names it', () => {
  const plan = createPlan({
    dimensions: [{ name: 'n', kind: 'range', min: 1, max: 9 }],
    extents: [5],
    seed: 's',
  });
  assert.deepEqual(plan.counts('n'), [5]);
  assert.deepEqual({ ...plan.seal(0).cells }, { n: '1–9' });
  assert.throws(() => plan.counts('m'), { name: 'RangeError', message: /"m"/ });
  assert.throws(() => plan.jointCounts(0), { name: 'RangeError', message: /joint 0/ });
  const joints = [{ dimensions: ['n', 'm'], cells: [{ at: [0, 0], weight: 1 }] }];
  assert.throws(() => createPlan({ dimensions: plan.dimensions, joints, extents: [5], seed: 's' }), {
    name: 'RangeError',
    message: /"m"/,
  });
  for (const length of [0, -1, 0.5, Number.NaN]) {
    assert.throws(() => createPlan({ dimensions: [], extents: [length], seed: 's' }), RangeError);
  }
});
