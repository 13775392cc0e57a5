import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDimensions } from '../../../../src/shared/sampling/description/describe-dimensions.ts';

const refused = (
  dimensions: Parameters<typeof describeDimensions>[0],
  message: RegExp,
  options: Parameters<typeof describeDimensions>[1] = {},
) => assert.throws(() => describeDimensions(dimensions, options), { name: 'DescriptionError', message });

test('a person has one age, in whole years of a person’s life', () => {
  refused({ age: ['18-30', '31-50'] }, /dimensions\.age: "18-30" is a band.*write \{ range: .*bands:/);
  refused({ Age: { child: 1, '65+': 2 } }, /"65\+" is a band/);
  refused({ age: { range: [-5, 900] } }, /expected ages from 0 to 120 in whole years, got -5 to 900/);
  refused({ age: { range: [18, 80], decimals: 1 } }, /whole years, got 18 to 80 with 1 decimals/);
  refused({ age: [34.5] }, /got "34\.5"/);
  const row = { f: 1, m: 1 };
  refused({}, /joint\.0.*18\+/, {
    joint: [{ dimensions: ['age', 'sex'], cells: { '0-17': row, '18+': row } }],
  });
  const { dimensions } = describeDimensions(
    {},
    { joint: [{ dimensions: ['age', 'sex'], cells: { '0-17': row, '18-90': row } }] },
  );
  assert.deepEqual([dimensions[0]?.kind, dimensions[1]?.kind], ['range', 'values']);
  for (const age of [[34, 35], ['child', 'adult'], { range: [0, 120] } as const, { bands: { '18-30': 1 } }]) {
    assert.equal(describeDimensions({ age }).dimensions.length, 1);
  }
});

test('names are no dimension', () => {
  refused({ name: ['Bob', 'Eve'] }, /dimensions\.name: names are given out one by one/);
});

test('tables and conditionals may write a dimension’s name in another case', () => {
  const { dimensions, joints } = describeDimensions(
    { Education: ['low', 'high'], pay: { given: { EDUCATION: { low: { little: 1 }, high: { much: 1 } } } } },
    {
      joint: [{ dimensions: ['education', 'Sex'], cells: { low: { f: 1, m: 1 }, high: { f: 1, m: 2 } } }],
    },
  );
  assert.deepEqual(
    dimensions.map(({ name }) => name),
    ['Education', 'pay', 'Sex'],
  );
  assert.equal(joints.length, 1);
  refused({ a: [1, 2] }, /different names/, { joint: [{ dimensions: ['a', 'A'], cells: {} }] });
});
