import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPlanningPrompts } from '../../../src/shared/planning/render-planning-prompt.ts';
import { dimensionsQuestion, readDimensions } from '../../../src/worker/planning/sampling-dimensions.ts';

const values = (name: string, weights: Record<string, number>) => ({
  name,
  values: Object.entries(weights).map(([value, weight]) => ({ value, weight })),
  range: [] as object[],
});
const range = (name: string, shape: object) => ({
  name,
  values: [],
  range: [{ min: 0, max: 10, decimals: 0, unit: '', normal: [], bands: [], ...shape }],
});
const read = (...dimensions: object[]) => readDimensions({ dimensions });

function faultsOf(...dimensions: object[]): readonly string[] {
  const reading = read(...dimensions);
  assert.ok('faults' in reading, JSON.stringify(reading));
  return reading.faults;
}

test('values keep their weights, in whatever unit they come', () => {
  assert.deepEqual(read(values('gender', { female: 5.1, male: 0.3 })), {
    dimensions: [
      {
        name: 'gender',
        kind: 'values',
        values: [
          { value: 'female', weight: 5.1 },
          { value: 'male', weight: 0.3 },
        ],
      },
    ],
  });
});

test('ranges: uniform, normal and in bands; whole and with decimals; with a unit', () => {
  const reading = read(
    range('years', {}),
    range('height', { min: 1.4, max: 2.1, decimals: 2, unit: 'm', normal: [{ mean: 1.7, sd: 0.1 }] }),
    range('age', {
      min: 18,
      max: 80,
      bands: [
        { from: 18, to: 39, weight: 2 },
        { from: 40, to: 80, weight: 1 },
      ],
    }),
  );
  assert.ok('dimensions' in reading, JSON.stringify(reading));
  const [years, height, age] = reading.dimensions;
  assert.deepEqual(years, { name: 'years', kind: 'range', min: 0, max: 10 });
  assert.ok(height?.kind === 'range' && age?.kind === 'range' && age.distribution?.kind === 'bands');
  assert.deepEqual(
    [height.decimals, height.unit?.after.trim(), height.distribution],
    [2, 'm', { kind: 'normal', mean: 1.7, sd: 0.1 }],
  );
  assert.deepEqual(
    age.distribution.bands.map(({ min, max, weight }) => [min, max, weight]),
    [
      [18, 39, 2],
      [40, 80, 1],
    ],
  );
});

test('bands below 0, and with three decimals, are numbers and never read from a text', () => {
  const reading = read(
    range('degrees', {
      min: -20,
      max: 40,
      bands: [
        { from: -20, to: -1, weight: 1 },
        { from: 0, to: 40, weight: 2 },
      ],
    }),
    range('grams', { min: 1.125, max: 2, decimals: 3, bands: [{ from: 1.125, to: 2, weight: 1 }] }),
  );
  assert.ok('dimensions' in reading, JSON.stringify(reading));
  assert.deepEqual(
    reading.dimensions.map((each) => each.kind === 'range' && each.distribution),
    [
      {
        kind: 'bands',
        bands: [
          { label: '-20 to -1', min: -20, max: -1, weight: 1 },
          { label: '0-40', min: 0, max: 40, weight: 2 },
        ],
      },
      { kind: 'bands', bands: [{ label: '1.125-2', min: 1.125, max: 2, weight: 1 }] },
    ],
  );
  const [fault] = faultsOf(range('wide', { bands: [{ from: 0, to: 1e21, weight: 1 }] }));
  assert.match(fault ?? '', /dimensions\.wide: expected bounds of at most/);
});

test('every fault is named with its place, so that a model can put it right', () => {
  assert.match(faultsOf({ ...values('empty', {}) })[0] ?? '', /empty.*neither values nor a range/);
  assert.match(
    faultsOf({ ...values('both', { a: 1 }), range: range('x', {}).range })[0] ?? '',
    /both.*both values and a range/,
  );
  assert.match(faultsOf(values('Age', { a: 1 }), values('age ', { a: 1 }))[0] ?? '', /name appears twice/);
  assert.match(
    faultsOf({
      name: 'x',
      values: [
        { value: 'a', weight: 1 },
        { value: ' a', weight: 2 },
      ],
      range: [],
    })[0] ?? '',
    /"a" appears twice/,
  );
  assert.match(faultsOf(values('x', { a: -1 }))[0] ?? '', /dimensions\.x.*weight of 0 or more, got -1/);
  assert.match(faultsOf(values('x', { a: 0 }))[0] ?? '', /at least one must be above 0/);
  assert.match(faultsOf(range('x', { min: 5, max: 1 }))[0] ?? '', /min must not be above max/);
  assert.match(
    faultsOf(
      range('x', {
        normal: [{ mean: 1, sd: 1 }],
        bands: [{ from: 0, to: 10, weight: 1 }],
      }),
    )[0] ?? '',
    /both normal and bands/,
  );
  assert.match(faultsOf({ name: 'x', values: [] })[0] ?? '', /dimensions\.0\.range/);
  assert.equal(faultsOf(values('x', { a: -1 }), range('y', { min: 5, max: 1 })).length, 2, 'all at once');
});

test('an answer at fault is asked for again, with the answer and its faults, and read in the same way', () => {
  const question = dimensionsQuestion(
    { samplingSpaceDescription: 'Ferry crews.', context: '', settled: [], model: 'm' },
    createPlanningPrompts(),
  );
  const reading = question.read(JSON.stringify({ dimensions: [values('rank', {})] }));
  assert.ok('repair' in reading);
  assert.equal(reading.repair.system, question.system);
  assert.ok(
    reading.repair.user.startsWith(question.user),
    'what was asked first begins the repair: it is cached',
  );
  assert.match(reading.repair.user, /"rank".*\n[\s\S]*rank.*neither values nor a range/);
  assert.ok('value' in reading.repair.read(JSON.stringify({ dimensions: [values('rank', { mate: 1 })] })));
});

test('no answer whatever is read as something else than dimensions or faults', () => {
  const number = fc.double();
  const answer = fc.record({
    dimensions: fc.array(
      fc.record({
        name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'age')),
        values: fc.array(
          fc.record({ value: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'range')), weight: number }),
          { maxLength: 3 },
        ),
        range: fc.array(
          fc.record({
            min: number,
            max: number,
            decimals: fc.integer({ min: 0, max: 6 }),
            unit: fc.string(),
            normal: fc.array(fc.record({ mean: number, sd: number }), { maxLength: 1 }),
            bands: fc.array(fc.record({ from: number, to: number, weight: number }), { maxLength: 3 }),
          }),
          { maxLength: 1 },
        ),
      }),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(fc.oneof(answer, fc.jsonValue()), (given) => {
      const reading = readDimensions(given);
      assert.ok('faults' in reading ? reading.faults.length > 0 : reading.dimensions.length > 0);
    }),
  );
});
