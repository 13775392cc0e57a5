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
  refused({}, /dimensions\.age: "18\+" has no upper end/, {
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

test('the same of ages that only the rows of a given, or another spelling, speak of', () => {
  const given = (...labels: string[]) => ({
    age: { given: { school: { low: Object.fromEntries(labels.map((label) => [label, 1])) } } },
    school: ['low'],
  });
  const [age] = describeDimensions(given('18-29', '30-50')).dimensions;
  assert.equal(age?.kind, 'range');
  refused(
    given('18-29', '30+'),
    /dimensions\.age: "30\+" has no upper end: add the line "range: \[18, HIGHEST\]"/,
  );
  refused(given('150', '3'), /got "150"/);
  refused({ 'Age (years)': ['18-29'] }, /"18-29" is a band/);
  refused({ age_in_years: { range: [100, 200] } }, /0 to 120/);
  refused(
    { age: [3], 'years of age': [4] },
    /dimensions\.years of age: expected one dimension for a person's age/,
  );
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
