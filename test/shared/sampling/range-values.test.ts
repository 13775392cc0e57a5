import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dimensionSchema, type RangeDimension } from '../../../src/shared/sampling/dimensions.ts';
import { rangeShare } from '../../../src/shared/sampling/range-share.ts';
import { numberSealer, rangeCells } from '../../../src/shared/sampling/range-values.ts';

type Shape = Omit<RangeDimension, 'name' | 'kind'>;
function range(shape: Shape): RangeDimension {
  const dimension = dimensionSchema.parse({ name: 'r', kind: 'range', ...shape });
  assert.ok(dimension.kind === 'range');
  return dimension;
}

/** What equally spaced points of the whole range, or of its nth band, are. */
function spread(dimension: RangeDimension, points: number, offset = 0.5, cell = 0): number[] {
  const { valueAt } = rangeCells(dimension)[cell] ?? assert.fail('no such cell');
  return Array.from({ length: points }, (_, index) => valueAt((index + offset) / points));
}

const normal = (mean: number, sd: number) => ({ kind: 'normal' as const, mean, sd });

const ranges = fc
  .record({
    decimals: fc.constantFrom(undefined, 1, 2, 6),
    low: fc.integer({ min: -400, max: 400 }),
    width: fc.integer({ min: 0, max: 300 }),
    normal: fc.option(
      fc.record({
        mean: fc.double({ min: -2, max: 3, noNaN: true }),
        sd: fc.constantFrom(1e-300, 1e-3, 0.1, 0.3, 5, 1e9, 1e308),
      }),
    ),
  })
  .map(({ decimals, low, width, normal: shape }) => {
    const scale = 10 ** (decimals ?? 0);
    const [min, max] = [low / scale, (low + width) / scale];
    return range({
      min,
      max,
      ...(decimals !== undefined && { decimals }),
      ...(shape !== null && {
        distribution: normal(
          min + shape.mean * (max - min),
          Math.min(1e308, Math.max(1e-300, shape.sd * (max - min || 1))),
        ),
      }),
    });
  });

test('every number, and every run of numbers, is hit as often as its share says, to within one', () => {
  fc.assert(
    fc.property(
      ranges,
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.nat(),
      fc.nat(),
      (dimension, points, offset, a, b) => {
        const { min, max, decimals = 0 } = dimension;
        const found = spread(dimension, points, offset);
        const numbers = Math.round((max - min) * 10 ** decimals) + 1;
        const number = (index: number) =>
          Number((min + (index % numbers) * 10 ** -decimals).toFixed(decimals));
        const [from, to] = [Math.min(a % numbers, b % numbers), Math.max(a % numbers, b % numbers)];
        for (const [first, last] of [
          [from, from],
          [from, to],
          [0, numbers - 1],
        ] as const) {
          const share = rangeShare(dimension, number(first), number(last));
          const count = found.filter((value) => value >= number(first) && value <= number(last)).length;
          assert.ok(Math.abs(count - share * points) < 1 + 1e-6, `${count} of ${share * points}`);
        }
        for (const value of found) assert.equal(value, Number(value.toFixed(decimals)));
      },
    ),
    { numRuns: 400 },
  );
});

test('the shares of all numbers of a range sum to 1', () => {
  for (const dimension of [
    range({ min: 18, max: 90 }),
    range({ min: 0, max: 3, decimals: 2 }),
    range({ min: 18, max: 90, distribution: normal(30, 12) }),
    range({ min: 18, max: 90, distribution: normal(-100, 12) }),
    range({ min: 0, max: 3, decimals: 2, distribution: normal(2, 0.4) }),
  ]) {
    const scale = 10 ** (dimension.decimals ?? 0);
    let sum = 0;
    for (let unit = dimension.min * scale; unit <= dimension.max * scale; unit += 1) {
      sum += rangeShare(dimension, unit / scale, unit / scale);
    }
    assert.ok(Math.abs(sum - 1) < 1e-6, `${sum}`);
    assert.ok(Math.abs(rangeShare(dimension, -1e308, 1e308) - 1) < 1e-9);
    assert.equal(rangeShare(dimension, 200, 300), 0);
    assert.equal(rangeShare(dimension, dimension.max, dimension.min), 0);
  }
});

test('a normal distribution has its mean and spread', () => {
  const heights = spread(range({ min: 140, max: 200, decimals: 1, distribution: normal(170, 8) }), 10_000);
  const mean = heights.reduce((a, b) => a + b, 0) / heights.length;
  const variance = heights.reduce((sum, height) => sum + (height - mean) ** 2, 0) / heights.length;
  assert.ok(Math.abs(mean - 170) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(Math.sqrt(variance) - 8) < 0.03, `sd ${Math.sqrt(variance)}`);
});

test('whole bands include both ends; bands with decimals leave the upper end to the next, the last keeps it', () => {
  const bands = (...ends: [number, number][]) => ({
    kind: 'bands' as const,
    bands: ends.map(([min, max]) => ({ label: `${min} to ${max}`, min, max, weight: 1 })),
  });
  const ages = range({ min: 18, max: 24, distribution: bands([18, 20], [21, 24]) });
  assert.deepEqual(spread(ages, 3), [18, 19, 20]);
  assert.deepEqual(spread(ages, 4, 0.5, 1), [21, 22, 23, 24]);
  const shares = range({ min: 0, max: 1, decimals: 1, distribution: bands([0, 0.3], [0.3, 0.3], [0.3, 1]) });
  assert.deepEqual(spread(shares, 3), [0, 0.1, 0.2]);
  assert.deepEqual(spread(shares, 3, 0.5, 1), [0.3, 0.3, 0.3]);
  assert.deepEqual(spread(shares, 8, 0.5, 2), [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  assert.ok(Math.abs(rangeShare(shares, 0.3, 0.3) - (1 / 3 + 1 / 24)) < 1e-12);
});

test('a band with weight 0 has no share, huge weights divide like others', () => {
  const weighted = (weights: number[]) =>
    range({
      min: 0,
      max: 29,
      distribution: {
        kind: 'bands',
        bands: weights.map((weight, index) => ({
          label: `${index}`,
          min: index * 10,
          max: index * 10 + 9,
          weight,
        })),
      },
    });
  assert.equal(rangeShare(weighted([1, 0, 3]), 10, 19), 0);
  assert.equal(rangeShare(weighted([1, 0, 3]), 0, 4), 0.125);
  assert.equal(rangeShare(weighted([Number.MAX_VALUE, Number.MAX_VALUE, 0]), 0, 9), 0.5);
});

test('hostile numbers: values stay numbers of the range', () => {
  for (const shape of [
    { min: -1e308, max: 1e308 },
    { min: 0, max: 1e308, decimals: 6 },
    { min: -(2 ** 53), max: 2 ** 53 },
    { min: 0, max: 2 ** 53, distribution: normal(2 ** 52, 2 ** 50) },
    { min: 2 ** 53, max: 2 ** 53 },
    { min: -1e308, max: 1e308, distribution: normal(0, 1e308) },
    { min: -1e308, max: 1e308, distribution: normal(-1e308, 1e308) },
    { min: 0, max: 100, distribution: normal(1e308, 1e-300) },
    { min: 0, max: 100, distribution: normal(-1e308, 1e308) },
    { min: 0, max: 100, distribution: normal(50, 1e-300) },
    { min: 0, max: 100, distribution: normal(50, 5e-324) },
    { min: 7, max: 7, distribution: normal(0, 1) },
    { min: -0, max: 0 },
    { min: 0.5, max: 0.5, decimals: 3, distribution: normal(4, 1e-300) },
  ] satisfies Shape[]) {
    for (const value of spread(range(shape), 101)) {
      assert.ok(
        value >= shape.min && value <= shape.max && !Object.is(value, -0),
        `${value} of ${JSON.stringify(shape)}`,
      );
    }
  }
});

test('a mean far outside puts everybody at the nearest end, a tiny spread at the mean', () => {
  assert.deepEqual(
    new Set(spread(range({ min: 0, max: 100, distribution: normal(1e9, 1) }), 50)),
    new Set([100]),
  );
  assert.deepEqual(
    new Set(spread(range({ min: 0, max: 100, distribution: normal(-900, 1) }), 50)),
    new Set([0]),
  );
  assert.deepEqual(
    new Set(spread(range({ min: 0, max: 100, distribution: normal(42, 1e-300) }), 50)),
    new Set([42]),
  );
});

test('a range too narrow for its decimals is refused by the schema, and has no cells without it', () => {
  const narrow = { name: 'r', kind: 'range', min: 0.01, max: 0.04, decimals: 1 } as const;
  assert.match(String(dimensionSchema.safeParse(narrow).error), /no number with so few decimals/);
  assert.throws(() => rangeCells(narrow), RangeError);
});

test('with a unit the sealed value is a text: thousands grouped, always the decimals of the range', () => {
  const sealed = (shape: Shape, value: number) => numberSealer(range(shape))(value);
  assert.equal(sealed({ min: 0, max: 1e6 }, 63_412), 63_412);
  assert.equal(sealed({ min: 0, max: 1e6, unit: { before: '$', after: '' } }, 63_412), '$63,412');
  assert.equal(sealed({ min: 0, max: 1e6, unit: { before: '', after: ' km' } }, 1250), '1,250 km');
  assert.equal(
    sealed({ min: 0, max: 1e6, decimals: 2, unit: { before: '€', after: '' } }, 1234.5),
    '€1,234.50',
  );
  assert.equal(sealed({ min: -9, max: 9, unit: { before: '', after: ' °C' } }, -4), '-4 °C');
});
