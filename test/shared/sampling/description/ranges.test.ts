import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dimensionSchema, type RangeDimension } from '../../../../src/shared/sampling/dimensions.ts';
import { compiled, faults, only } from './described.ts';

function range(min: number, max: number, others: Partial<RangeDimension> = {}) {
  return { name: 'it', kind: 'range', min, max, ...others };
}

function bands(...all: [label: string, min: number, max: number, weight: number][]) {
  return {
    distribution: {
      kind: 'bands' as const,
      bands: all.map(([label, min, max, weight]) => ({ label, min, max, weight })),
    },
  };
}

test('ranges: every form', () => {
  const normal = { distribution: { kind: 'normal' as const, mean: 40, sd: 9.5 } };
  for (const [described, expected] of [
    [{ range: [18, 90] }, range(18, 90)],
    [{ range: [-5, -5] }, range(-5, -5)],
    [{ range: [18, 90], distribution: 'uniform' }, range(18, 90)],
    [{ range: [0.5, 2] }, range(0.5, 2, { decimals: 2 })],
    [{ range: [0.125, 2] }, range(0.125, 2, { decimals: 3 })],
    [{ range: [0, 1], decimals: 1 }, range(0, 1, { decimals: 1 })],
    [{ range: [0, 1], decimals: 0 }, range(0, 1)],
    [{ range: [18, 90], normal: { mean: 40, sd: 9.5 } }, range(18, 90, normal)],
    [{ range: [18, 90], distribution: { normal: { mean: 40, sd: 9.5 } } }, range(18, 90, normal)],
    [{ range: [1, 9], unit: '$' }, range(1, 9, { unit: { before: '$', after: '' } })],
    [{ range: [1, 9], unit: ' km' }, range(1, 9, { unit: { before: '', after: ' km' } })],
    [{ range: [1, 9], unit: 'km' }, range(1, 9, { unit: { before: '', after: ' km' } })],
    [{ range: [1, 9], unit: '%' }, range(1, 9, { unit: { before: '', after: '%' } })],
    [{ range: [1, 9], unit: { before: 'kr ' } }, range(1, 9, { unit: { before: 'kr ', after: '' } })],
  ] as const) {
    assert.deepEqual(only(described), expected);
  }
});

test('bands: every form, in ascending order, open ends closed by the range', () => {
  for (const [described, expected] of [
    [
      { range: [18, 90], bands: { '65+': 0.1, '18-30': 0.3, '31-64': 0.6 } },
      range(18, 90, bands(['18-30', 18, 30, 0.3], ['31-64', 31, 64, 0.6], ['65+', 65, 90, 0.1])),
    ],
    [
      { range: [0, 90], distribution: { bands: { 'under 18': '20%', '18 and over': '80%' } } },
      range(0, 90, bands(['under 18', 0, 17, 20], ['18 and over', 18, 90, 80])),
    ],
    [{ range: [0, 9], bands: { '<5': 1, '≥ 5': 2 } }, range(0, 9, bands(['<5', 0, 4, 1], ['≥ 5', 5, 9, 2]))],
    [{ range: [0, 9], bands: ['0-4', '5-9'] }, range(0, 9, bands(['0-4', 0, 4, 1], ['5-9', 5, 9, 1]))],
    [
      { bands: { 0: 5, '1-2': 3, 3: 0 } },
      range(0, 3, bands(['0', 0, 0, 5], ['1-2', 1, 2, 3], ['3', 3, 3, 0])),
    ],
    // A gap: nobody has 5 to 7.
    [{ bands: { '0-4': 1, '8-9': 2 } }, range(0, 9, bands(['0-4', 0, 4, 1], ['8-9', 8, 9, 2]))],
    [
      { range: [0, 3], decimals: 1, bands: { '0-1': 1, '1-2': 2, 'over 2': 3 } },
      range(0, 3, { decimals: 1, ...bands(['0-1', 0, 1, 1], ['1-2', 1, 2, 2], ['over 2', 2, 3, 3]) }),
    ],
    [
      { bands: { '0.5-1.5': 1, '1.5-2': 2 } },
      range(0.5, 2, { decimals: 2, ...bands(['0.5-1.5', 0.5, 1.5, 1], ['1.5-2', 1.5, 2, 2]) }),
    ],
    [
      { range: [0, 99_999], bands: { 'Under $25,000': 1, '$25,000 and over': 2 } },
      range(0, 99_999, {
        unit: { before: '$', after: '' },
        ...bands(['Under $25,000', 0, 24_999, 1], ['$25,000 and over', 25_000, 99_999, 2]),
      }),
    ],
  ] as const) {
    assert.deepEqual(only(described), expected);
  }
});

test('ranges: every fault, with its place', () => {
  for (const [described, ...expected] of [
    [{ range: [1] }, /^dimensions\.it\.range: expected \[lowest, highest\], two numbers, got a list of 1$/],
    [{ range: [1, '9'] }, /^dimensions\.it\.range: .* got \[1, "9"\]$/],
    [{ range: [1, Number.NaN] }, /^dimensions\.it\.range: .* got \[1, NaN\]$/],
    [{ range: '1-9' }, /^dimensions\.it\.range: .* got "1-9"$/],
    [{ range: [9, 1] }, /^dimensions\.it\.range: min must not be above max, got \[9, 1\]$/],
    [{ range: [0, 1e300] }, /^dimensions\.it\.range: expected bounds of at most 9007199254740991/],
    [{ range: [0, 1e-9] }, /^dimensions\.it\.range: expected bounds of at most 6 decimals, got one with 9$/],
    [{ range: [0, 1.25], decimals: 1 }, /^dimensions\.it\.range: expected bounds of at most 1 decimals/],
    [
      { range: [0, 1], decimals: 1.5 },
      /^dimensions\.it\.decimals: expected a whole number from 0 to 6, got 1\.5$/,
    ],
    [{ range: [0, 1], decimals: 7 }, /^dimensions\.it\.decimals: /],
    [{ range: [0, 1], unit: 5 }, /^dimensions\.it\.unit: expected a text such as "\$" or "km", .* got 5$/],
    [{ range: [0, 1], unit: { left: '$' } }, /^dimensions\.it\.unit: /],
    [
      { range: [0, 1], unit: { before: 'x'.repeat(21) } },
      /^dimensions\.it\.unit: expected at most 20 characters/,
    ],
    [
      { range: [0, 1], distribution: 'gauss' },
      /^dimensions\.it\.distribution: expected "uniform", .* got "gauss"$/,
    ],
    [{ range: [0, 1], distribution: { normal: {}, bands: {} } }, /^dimensions\.it\.distribution: /],
    [
      { range: [0, 1], normal: { mean: 1, sd: 1 }, bands: { 0: 1 } },
      /^dimensions\.it: expected one distribution, got normal and bands$/,
    ],
    [
      { range: [0, 1], normal: { mean: 1 } },
      /^dimensions\.it\.normal: expected \{ mean, sd \}, .* got \{ mean: 1 \}$/,
    ],
    [{ range: [0, 1], normal: { mean: 1, sd: 0 } }, /^dimensions\.it\.normal: .* sd above 0/],
    [{ range: [0, 1], normal: { mean: 1, sd: 1, max: 3 } }, /^dimensions\.it\.normal: /],
    [
      { range: [0, 1], normal: 3, distribution: 'uniform' },
      /expected one distribution, got distribution and normal$/,
    ],
    [
      { range: [0, 1], normal: { mean: 99, sd: 2 } },
      /^dimensions\.it\.normal: expected a range within 6 standard deviations/,
    ],
    [{ normal: { mean: 1, sd: 1 } }, /^dimensions\.it: expected "range: \[lowest, highest\]" beside it$/],
    [{ range: [0, 1], sd: 3 }, /^dimensions\.it\.sd: unknown key beside "range"/],
    [{ range: [9, 1], unit: 5 }, /^dimensions\.it\.range: /, /^dimensions\.it\.unit: /],
  ] as const) {
    const found = faults({ it: described });
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
  }
});

test('bands: every fault, with its place', () => {
  for (const [described, ...expected] of [
    [{ bands: {} }, /^dimensions\.it\.bands: expected 1 to 10000 values, got none$/],
    [{ bands: { old: 1 } }, /^dimensions\.it\.bands\.old: expected a band such as "18-30", .* got "old"$/],
    [
      { bands: { '30-18': 1 } },
      /^dimensions\.it\.bands\.30-18: expected a band .* its lower end first, got "30-18"$/,
    ],
    [{ bands: { '0-1': -1 } }, /^dimensions\.it\.bands\.0-1: expected a weight of 0 or more, got -1$/],
    [{ bands: { '0-1': 0 } }, /^dimensions\.it\.bands: expected weights that sum to more than nothing/],
    [
      { bands: { '0-64': 1, '65+': 1 } },
      /^dimensions\.it: "65\+" has no upper end: add the line "range: \[0, HIGHEST\]"/,
    ],
    [
      { bands: { '<18': 1, '18-20': 1 } },
      /^dimensions\.it: "<18" has no lower end: add the line "range: \[LOWEST, 20\]"/,
    ],
    [
      { bands: { '<18': 1, '18+': 1 } },
      /"<18" has no lower end and "18\+" has no upper end: .*\[LOWEST, HIGHEST\]/,
    ],
    [
      { range: [20, 30], bands: { '18-25': 1 } },
      /^dimensions\.it\.bands\.18-25: .* \[20, 30\], but "18-25" reaches from 18 to 25$/,
    ],
    [
      { range: [20, 30], bands: { '40-50': 1 } },
      /^dimensions\.it\.bands\.40-50: expected a band inside the range \[20, 30\], got "40-50"$/,
    ],
    [
      { range: [20, 30], bands: { 'under 20': 1, '20-30': 1 } },
      /^dimensions\.it\.bands\.under 20: expected a band inside/,
    ],
    [
      { bands: { '0-5': 1, '3-9': 1 } },
      /^dimensions\.it\.bands\.3-9: .* do not overlap, but "3-9" and "0-5" do$/,
    ],
    [{ range: [0, 99], bands: { '60+': 1, '65+': 1 } }, /do not overlap, but "65\+" and "60\+" do$/],
    [{ bands: { '0-5': 1, '0 - 5': 1 } }, /^dimensions\.it\.bands\.0 - 5: .* do not overlap/],
    [
      { bands: { '18-30': 1, '30-45': 1 } },
      /^dimensions\.it\.bands\.30-45: "18-30" and "30-45" share 30, .* write "18-29" for the first, or add "decimals: 2"/,
    ],
    [{ bands: { 3: 1, '3-9': 1 } }, /"3" and "3-9" share 3, .* write "4-9" for the second/],
    [{ bands: { '0.5-1': 1, '0.7-2': 1 } }, /do not overlap/],
    [
      { bands: { '$1-$5': 1, '£6-£9': 1 } },
      /^dimensions\.it: unit error: expected one unit in all bands, got "\$" and "£"$/,
    ],
    [
      { unit: '€', bands: { '$1-$5': 1 } },
      /^dimensions\.it: unit error: expected one unit, got "€" in unit and "\$" in the bands$/,
    ],
    [{ bands: { x: 1, y: 1 } }, /bands\.x: /, /bands\.y: /],
  ] as const) {
    const found = faults({ it: described });
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
  }
});

test('any ascending bands come back as they were written, in any order of writing', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 20 })), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 50 }), fc.gen(), (lengths, start, generate) => {
      let next = start;
      const written = lengths.map(([gap, length], index) => {
        const min = next + gap;
        next = min + length + 1;
        return { label: `${min}-${min + length}`, min, max: min + length, weight: index + 1 };
      });
      const shuffled = generate(fc.shuffledSubarray, written, { minLength: written.length });
      const described = { bands: Object.fromEntries(shuffled.map(({ label, weight }) => [label, weight])) };
      const { dimensions } = compiled({ it: described });
      assert.deepEqual(dimensions, [
        range(written[0]?.min ?? 0, written.at(-1)?.max ?? 0, {
          distribution: { kind: 'bands', bands: written },
        }),
      ]);
    }),
  );
});

test('bands by their numbers: negative, in any order, with labels that are read back', () => {
  const expected = range(-20, 40, bands(['-20 to -1', -20, -1, 1], ['0', 0, 0, 2], ['1-40', 1, 40, 3]));
  const written = [
    { min: 1, max: 40, weight: 3 },
    { min: -20, max: -1, weight: 1 },
    { min: -0, max: 0, weight: 2 },
  ];
  const labelled = { '1-40': 3, '-20 to -1': 1, 0: 2 };
  for (const described of [
    { bands: written },
    { range: [-20, 40], distribution: { bands: written } },
    { bands: labelled },
  ]) {
    assert.deepEqual(only(described), expected);
  }
  const given = { it: { '-20 to -1': { cold: 1 }, 0: { cold: 1 }, '1-40': { warm: '100%' } } };
  const { joints } = compiled({ it: { bands: written }, feels: { given } });
  assert.deepEqual(joints[0]?.dimensions, ['it', 'feels']);
});

test('bands by their numbers: every fault, with its place', () => {
  const band = (min: unknown, max: unknown, weight: unknown = 1) => ({ min, max, weight });
  for (const [described, expected] of [
    [
      { bands: [band(0, 1), '2-3'] },
      /^dimensions\.it\.bands\.1: expected \{ min, max, weight \}.* got "2-3"$/,
    ],
    [{ bands: [band('0', 1)] }, /^dimensions\.it\.bands\.0\.min: expected a number, got "0"$/],
    [{ bands: [band(0, Number.NaN)] }, /^dimensions\.it\.bands\.0\.max: expected a number, got NaN$/],
    [{ bands: [band(1, 0)] }, /^dimensions\.it\.bands\.0: min must not be above max, got 1 and 0$/],
    [{ bands: [{ ...band(0, 1), label: 'x' }] }, /^dimensions\.it\.bands\.0\.label: unknown key/],
    [{ bands: [{ min: 0, max: 1 }] }, /^dimensions\.it\.bands\.0\.weight: expected a weight/],
    [{ bands: [band(0, 5), band(5, 9)] }, /^dimensions\.it\.bands\.1: "0-5" and "5-9" share 5/],
    [{ bands: [band(-5, 5), band(3, 9)] }, /^dimensions\.it\.bands\.1: .* do not overlap/],
    [{ range: [0, 9], bands: [band(-5, 9)] }, /^dimensions\.it\.bands\.0: .* reaches from -5 to 9$/],
    [{ bands: [band(0, 1e21)] }, /^dimensions\.it: expected bounds of at most 9007199254740991/],
    [{ bands: [band(1e-7, 1)] }, /^dimensions\.it: expected bounds of at most 6 decimals, got one with 7/],
  ] as const) {
    const found = faults({ it: described });
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', expected);
  }
});

test('a range or band too narrow for a number with its decimals is refused, in base dimensions too', () => {
  const narrow = { range: [0.01, 0.04], decimals: 1 };
  for (const described of [
    narrow,
    { ...narrow, normal: { mean: 0.02, sd: 1 } },
    { range: [0, 1], decimals: 1, bands: [{ min: 0.01, max: 0.04, weight: 1 }] },
  ]) {
    assert.match(
      faults({ it: described })[0] ?? '',
      /expected bounds of at most 1 decimals, got one with 2$/,
    );
  }
  for (const dimension of [
    { name: 'it', kind: 'range' as const, min: 0.01, max: 0.04, decimals: 1 },
    { name: 'it', kind: 'range' as const, min: 0, max: 1, decimals: 1, ...bands(['narrow', 0.01, 0.04, 1]) },
  ]) {
    assert.match(faults({}, { base: [dimension] })[0] ?? '', /no number with so few decimals/);
  }
});

test('the state schema refuses whole bands that share an end, and takes those of other numbers', () => {
  const shared = bands(['a', 18, 30, 1], ['b', 30, 45, 1]);
  assert.match(
    dimensionSchema.safeParse(range(18, 45, shared)).error?.issues[0]?.message ?? '',
    /whole numbers share no end/,
  );
  assert.ok(dimensionSchema.safeParse(range(18, 45, { ...shared, decimals: 1 })).success);
  const apart = bands(['a', 18, 29, 1], ['b', 30, 45, 1]);
  assert.ok(dimensionSchema.safeParse(range(18, 45, apart)).success);
});
