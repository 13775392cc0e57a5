import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../../src/shared/errors.ts';
import { describeDimensions } from '../../../../src/shared/sampling/description/describe-dimensions.ts';
import { compiled, faults, only } from './described.ts';

function weighted(...values: [value: string | number, weight: number][]) {
  return { name: 'it', kind: 'values', values: values.map(([value, weight]) => ({ value, weight })) };
}

test('values: every form', () => {
  for (const [described, expected] of [
    [['a', 'b'], weighted(['a', 1], ['b', 1])],
    [['a', 2, true, ' b '], weighted(['a', 1], [2, 1], ['true', 1], ['b', 1])],
    [{ a: 0.3, b: 0.7 }, weighted(['a', 0.3], ['b', 0.7])],
    [{ a: '30%', b: '70 %' }, weighted(['a', 30], ['b', 70])],
    [{ a: ' 0.3 ', b: '7e-1', c: '+.5' }, weighted(['a', 0.3], ['b', 0.7], ['c', 0.5])],
    [{ a: '30%', b: 0, c: '70%' }, weighted(['a', 30], ['b', 0], ['c', 70])],
    [{ values: ['a', 'b'] }, weighted(['a', 1], ['b', 1])],
    [{ values: { a: 30, b: 70 } }, weighted(['a', 30], ['b', 70])],
    [{ שלום: 1, '🦄': 2, 'e\u0301': 3 }, weighted(['שלום', 1], ['🦄', 2], ['e\u0301', 3])],
    // Keys of the forms, as values.
    [{ range: 3, values: 5, other: 1 }, weighted(['range', 3], ['values', 5], ['other', 1])],
    [{ given: '30%', taken: '70%' }, weighted(['given', 30], ['taken', 70])],
    [{ values: { range: 1, given: 2 } }, weighted(['range', 1], ['given', 2])],
    [['range', 'values'], weighted(['range', 1], ['values', 1])],
    [{ normal: 9, odd: 1 }, weighted(['normal', 9], ['odd', 1])],
    // Their sum is infinite: divided by the largest.
    [{ a: 1e308, b: 1e308, c: 5e307 }, weighted(['a', 1], ['b', 1], ['c', 0.5])],
  ] as const) {
    assert.deepEqual(only(described), expected);
  }
});

test('values: every fault, with its place', () => {
  for (const [described, ...expected] of [
    [null, /^dimensions\.it: expected a list of values, .* got nothing$/],
    [34, /^dimensions\.it: expected a list of values, .* got 34$/],
    ['Japan', /^dimensions\.it: expected a list of values, .* got "Japan"$/],
    [[], /^dimensions\.it: expected 1 to 10000 values, got none$/],
    [{}, /^dimensions\.it: expected 1 to 10000 values, got none$/],
    [Array.from({ length: 10_001 }, (_, index) => index), /^dimensions\.it: .* got 10001$/],
    [['a', null], /^dimensions\.it\.1: expected a value: a text or a number, got nothing$/],
    [['a', ' '], /^dimensions\.it\.1: expected a value: a text or a number, got " "$/],
    [['a', ['b']], /^dimensions\.it\.1: expected a value: a text or a number, got a list of 1$/],
    [['a', Number.NaN], /^dimensions\.it\.1: expected a value: a text or a number, got NaN$/],
    [['x'.repeat(1_001)], /^dimensions\.it\.0: expected a value: a text of at most 1000 characters/],
    [['a', 'b', 'a '], /^dimensions\.it\.2: expected every value once, got "a" again$/],
    [[1, '1'], /^dimensions\.it\.1: expected every value once, got "1" again$/],
    [{ a: 1, ' a': 2 }, /^dimensions\.it\. a: expected every value once, got "a" again$/],
    [{ a: -1, b: 2 }, /^dimensions\.it\.a: expected a weight of 0 or more, got -1$/],
    [{ a: '-1%', b: '2%' }, /^dimensions\.it\.a: expected a weight of 0 or more, got "-1%"$/],
    [{ a: Number.NaN, b: 2 }, /^dimensions\.it\.a: expected a finite weight, got NaN$/],
    [{ a: Number.POSITIVE_INFINITY, b: 2 }, /^dimensions\.it\.a: expected a finite weight, got Infinity$/],
    [{ a: '1e999', b: 2 }, /^dimensions\.it\.a: expected a finite weight, got "1e999"$/],
    [
      { a: 'lots', b: 2 },
      /^dimensions\.it\.a: expected a weight: a number or a percentage such as "30%", got "lots"$/,
    ],
    [{ a: '1,5', b: 2 }, /^dimensions\.it\.a: expected a weight: /],
    [{ a: null }, /^dimensions\.it\.a: expected a weight: .* got nothing$/],
    [{ a: { b: 1 } }, /^dimensions\.it\.a: expected a weight: .* got a map$/],
    [{ a: 0, b: '0%' }, /^dimensions\.it: expected weights that sum to more than nothing/],
    [
      { a: '30%', b: 0.7 },
      /^dimensions\.it: unit error: the weight of "a" is a percentage and the weight of "b" is not/,
    ],
    [{ a: -1, b: 'x' }, /^dimensions\.it\.a: /, /^dimensions\.it\.b: /],
    [{ range: 90 }, /^dimensions\.it: "range": expected .* put them under "values"/],
    [{ range: 90, decimals: 2 }, /^dimensions\.it: "range", "decimals": expected /],
    [
      { values: ['a'], b: 3 },
      /^dimensions\.it\.b: unknown key beside "values"; if it is a value, put all values/,
    ],
    [
      { values: 'a', given: 'b' },
      /^dimensions\.it\.given: /,
      /^dimensions\.it\.values: expected a list of values or/,
    ],
    [
      { values: ['a'], range: [1, 2] },
      /^dimensions\.it: expected values or a range, got both "values" and "range"$/,
    ],
  ] as const) {
    const found = faults({ it: described });
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
  }
});

test('names: trimmed, of one line, not twice, not among the keys that change objects', () => {
  assert.deepEqual(
    compiled({ ' age ': ['a'] }).dimensions.map(({ name }) => name),
    ['age'],
  );
  for (const [described, expected] of [
    [{ '': ['a'] }, /^dimensions\.: expected a name of one line and at most 100 characters$/],
    [{ ['x'.repeat(101)]: ['a'] }, /expected a name of one line/],
    [{ 'a\nb': ['a'] }, /expected a name of one line/],
    [{ a: ['a'], 'a ': ['b'] }, /^dimensions\.a : expected every name once, got "a" again$/],
    [JSON.parse('{"__proto__": ["a"]}'), /"__proto__" cannot be the name of a dimension/],
    [{ constructor: ['a'] }, /"constructor" cannot be the name of a dimension/],
    [['age'], /^dimensions: expected a map of names and what varies, got a list of 1$/],
    [new Map(), /^dimensions: expected a map of names/],
    [
      Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`d${i}`, ['a']])),
      /at most 200 dimensions, got 201$/,
    ],
  ] as const) {
    const found = faults(described);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', expected);
  }
  assert.deepEqual(compiled(undefined), { dimensions: [], joints: [] });
});

test('the same for users of the library: one UserError that lists all faults', () => {
  assert.throws(
    () => describeDimensions({ age: { range: [9, 1] }, job: { farmer: -1 } }),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^the description of the dimensions has 2 faults:\n {2}dimensions\.age\.range: .*\n {2}dimensions\.job\.farmer: /,
      );
      return true;
    },
  );
  assert.equal(describeDimensions({ job: { farmer: 1, cook: 2 } }).dimensions.length, 1);
});

test('faults of hostile keys stay on one line each, and few', () => {
  const hostile = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [`a\n${'x'.repeat(200)}${index}`, -1]),
  );
  assert.throws(
    () => describeDimensions({ it: hostile }),
    (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.message.split('\n').length, 32);
      assert.match(error.message, /… and 4970 more$/);
      assert.ok(error.message.length < 10_000);
      return true;
    },
  );
});

test('a base is kept, replaced by name in its place, and added to', () => {
  const base = compiled({ age: { range: [0, 9] }, gender: ['f', 'm'] }).dimensions;
  const { dimensions } = compiled({ job: ['cook'], gender: ['x'] }, { base });
  assert.deepEqual(
    dimensions.map(({ name }) => name),
    ['age', 'gender', 'job'],
  );
  assert.deepEqual(dimensions[0], base[0]);
  assert.deepEqual(dimensions[1], { ...weighted(['x', 1]), name: 'gender' });
});

test('whatever weights are written, in whatever unit, their ratios are kept', () => {
  const share = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);
  const units = fc.constantFrom<(weight: number) => number | string>(
    (weight) => weight,
    (weight) => `${weight}%`,
    (weight) => `${weight} %`,
    (weight) => String(weight),
  );
  fc.assert(
    fc.property(fc.array(share, { minLength: 1, maxLength: 20 }), units, (weights, write) => {
      fc.pre(weights.some((weight) => weight > 0));
      const described = Object.fromEntries(weights.map((weight, index) => [`v${index}`, write(weight)]));
      assert.deepEqual(only(described), weighted(...weights.map((w, i): [string, number] => [`v${i}`, w])));
    }),
  );
});
