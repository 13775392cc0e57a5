import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Characteristics, Dimension } from '../../../src/shared/sampling/dimensions.ts';
import { createPlan, type Plan } from '../../../src/shared/sampling/plan.ts';

type ValuesDimension = Extract<Dimension, { kind: 'values' }>;

const values = (name: string, weights: Record<string, number>): ValuesDimension => ({
  name,
  kind: 'values',
  values: Object.entries(weights).map(([value, weight]) => ({ value, weight })),
});
const range = (name: string, min: number, max: number) => ({ name, kind: 'range' as const, min, max });

const all = (plan: Plan): Characteristics[] =>
  Array.from({ length: plan.size }, (_, slot) => plan.characteristics(slot));

function counts(people: readonly Characteristics[], dimension: string): Map<string | number, number> {
  const found = new Map<string | number, number>();
  for (const person of people) {
    const value = person[dimension];
    assert.ok(value !== undefined);
    found.set(value, (found.get(value) ?? 0) + 1);
  }
  return found;
}

/** The largest distance between the count of a value and its exact share. */
function strayed(people: readonly Characteristics[], dimension: ValuesDimension): number {
  const found = counts(people, dimension.name);
  const total = dimension.values.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(
    ...dimension.values.map(({ value, weight }) =>
      Math.abs((found.get(value) ?? 0) - (weight / total) * people.length),
    ),
  );
}

const weighted = fc
  .array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 })
  .filter((weights) => weights.some((weight) => weight > 0.001))
  .map((weights) => values('v', Object.fromEntries(weights.map((weight, index) => [`v${index}`, weight]))));
const span = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 90 }))
  .map(([min, width]) => range('r', min, min + width));
const seed = fc.string({ minLength: 1, maxLength: 8 });
const size = fc.integer({ min: 1, max: 300 });

test('every marginal is within one person of its target, for any weights, size and seed', () => {
  fc.assert(
    fc.property(weighted, size, seed, (dimension, length, seeded) => {
      const strays = strayed(
        all(createPlan({ dimensions: [dimension], extents: [length], seed: seeded })),
        dimension,
      );
      assert.ok(strays < 1 + 1e-6, `strays by ${strays}`);
    }),
  );
});

test('every integer of a range is within one of its share, for any range, size and seed', () => {
  fc.assert(
    fc.property(span, size, seed, (dimension, length, seeded) => {
      const people = all(createPlan({ dimensions: [dimension], extents: [length], seed: seeded }));
      const share = length / (dimension.max - dimension.min + 1);
      const found = counts(people, 'r');
      for (let integer = dimension.min; integer <= dimension.max; integer += 1) {
        assert.ok(Math.abs((found.get(integer) ?? 0) - share) <= 1, `${found.get(integer)} of ${share}`);
      }
    }),
  );
});

test('a range of more integers than people is stratified: one person in each equal part', () => {
  for (const length of [2, 7, 10]) {
    const ages = all(createPlan({ dimensions: [range('age', 0, 99)], extents: [length], seed: 's' })).map(
      ({ age }) => Number(age),
    );
    const parts = ages.map((age) => Math.floor((age / 100) * length)).sort((a, b) => a - b);
    assert.deepEqual(
      parts,
      Array.from({ length }, (_, part) => part),
    );
  }
});

test('a range of safe integers or of one integer stays inside its ends', () => {
  const wide = range('w', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const people = all(createPlan({ dimensions: [wide, range('one', 7, 7)], extents: [50], seed: 's' }));
  assert.equal(new Set(people.map(({ w }) => w)).size, 50);
  for (const { w, one } of people) {
    assert.ok(Number(w) >= Number.MIN_SAFE_INTEGER && Number(w) <= Number.MAX_SAFE_INTEGER);
    assert.equal(one, 7);
  }
});

test('growing changes nobody, and the grown population still meets its targets', () => {
  const extents = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weighted, extents, seed, (dimension, lengths, seeded) => {
      const grown = all(createPlan({ dimensions: [dimension], extents: lengths, seed: seeded }));
      for (const [index] of lengths.entries()) {
        const earlier = all(
          createPlan({ dimensions: [dimension], extents: lengths.slice(0, index + 1), seed: seeded }),
        );
        assert.deepEqual(earlier, grown.slice(0, earlier.length));
        const strays = strayed(earlier, dimension);
        assert.ok(strays < 2, `strays by ${strays}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('a population that grows one by one strays no further for it: weights', () => {
  const dimension = values('v', { a: 6, b: 6, c: 2, d: 0.5 });
  const grown = all(createPlan({ dimensions: [dimension], extents: Array(300).fill(1), seed: 's' }));
  for (const length of [1, 10, 77, 300]) {
    const strays = strayed(grown.slice(0, length), dimension);
    assert.ok(strays < 2, `${strays} at ${length}`);
  }
});

test('a population that grows one by one strays no further for it: ranges', () => {
  const grown = all(
    createPlan({ dimensions: [range('age', 18, 27)], extents: Array(400).fill(1), seed: 's' }),
  );
  const found = counts(grown, 'age');
  for (let age = 18; age <= 27; age += 1) {
    assert.ok(Math.abs((found.get(age) ?? 0) - 40) <= 2, `${found.get(age)} of age ${age}`);
  }
});

test('the plan is a pure function of its arguments, in whatever order slots are asked for', () => {
  const dimensions = [values('gender', { female: 51, male: 49 }), range('age', 18, 90)];
  const forwards = all(createPlan({ dimensions: dimensions, extents: [120, 30], seed: 'seed' }));
  const again = createPlan({ dimensions: structuredClone(dimensions), extents: [120, 30], seed: 'seed' });
  const backwards = Array.from({ length: 150 }, (_, index) => again.characteristics(149 - index)).reverse();
  assert.deepEqual(backwards, forwards);
});

test('a dimension is dealt alike whatever other dimensions stand beside it', () => {
  const gender = values('gender', { female: 51, male: 49 });
  const alone = all(createPlan({ dimensions: [gender], extents: [100], seed: 'seed' })).map(
    (person) => person.gender,
  );
  const beside = all(
    createPlan({ dimensions: [range('age', 1, 9), gender], extents: [100], seed: 'seed' }),
  ).map((person) => person.gender);
  assert.deepEqual(beside, alone);
});

test('dimensions are dealt independently of each other: their values mix', () => {
  const people = all(
    createPlan({
      dimensions: [values('a', { x: 1, y: 1 }), values('b', { x: 1, y: 1 })],
      extents: [400],
      seed: 's',
    }),
  );
  const pairs = new Map<string, number>();
  for (const { a, b } of people) pairs.set(`${a}${b}`, (pairs.get(`${a}${b}`) ?? 0) + 1);
  assert.equal(pairs.size, 4);
  for (const [pair, count] of pairs) assert.ok(count > 60 && count < 140, `${count} times ${pair}`);
});

test('another seed gives other people in the same proportions', () => {
  const dimensions = [values('v', { a: 1, b: 1, c: 2 })];
  const one = all(createPlan({ dimensions: dimensions, extents: [200], seed: 'one' }));
  const other = all(createPlan({ dimensions: dimensions, extents: [200], seed: 'other' }));
  assert.notDeepEqual(one, other);
  assert.deepEqual(counts(one, 'v').get('c'), 100);
  assert.deepEqual(counts(other, 'v').get('c'), 100);
});

test('the values come in the order of the dimensions, under any name', () => {
  const plan = createPlan({
    dimensions: [values('zeta', { x: 1 }), values('__proto__', { y: 1 }), range('1', 3, 3)],
    extents: [1],
    seed: 's',
  });
  const sealed = plan.characteristics(0);
  assert.deepEqual(Object.entries(sealed), [
    ['1', 3],
    ['zeta', 'x'],
    ['__proto__', 'y'],
  ]);
});

test('no dimensions: nothing is sealed', () => {
  assert.deepEqual(
    Object.keys(createPlan({ dimensions: [], extents: [3], seed: 's' }).characteristics(2)),
    [],
  );
});

test('a million slots cost no list: the last is as cheap as the first', () => {
  const plan = createPlan({
    dimensions: [values('v', { a: 1, b: 2 }), range('age', 18, 90)],
    extents: [100_000_000],
    seed: 's',
  });
  assert.equal(plan.size, 100_000_000);
  assert.ok(['a', 'b'].includes(String(plan.characteristics(99_999_999).v)));
});

test('slots outside the population, or between two, are a RangeError that says what there is', () => {
  const plan = createPlan({ dimensions: [range('age', 1, 2)], extents: [3, 2], seed: 's' });
  for (const slot of [-1, 5, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => plan.characteristics(slot), { name: 'RangeError', message: /\[0, 5\)/ });
  }
});
