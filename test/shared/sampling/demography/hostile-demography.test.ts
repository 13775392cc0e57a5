import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../../src/shared/errors.ts';
import { describeNote, readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { dimensionSchema } from '../../../../src/shared/sampling/dimensions.ts';

const halves = { a: '50%', b: '50%' };

function mapOf(count: number, entry: (index: number) => [string, unknown]): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => entry(index)));
}

function nested(depth: number): unknown {
  let document: unknown = halves;
  for (let level = 1; level < depth; level += 1) document = { [`level ${level}`]: document };
  return document;
}

const refused: [string, unknown, RegExp][] = [
  ['no object', ['50%', '50%'], /expected an object with headings as keys, got an array/],
  ['null', null, /got null/],
  [
    '__proto__',
    JSON.parse('{"D":{"__proto__":{"a":"50%"}}}'),
    /"__proto__" is not allowed, at \$\.D\.__proto__/,
  ],
  ['constructor', JSON.parse('{"constructor":{"a":"50%"}}'), /"constructor" is not allowed/],
  ['NaN', { D: { a: Number.NaN, b: 1 } }, /expected a JSON value at \$\.D\.a, got NaN/],
  ['a class', { D: new Map() }, /at \$\.D, got an instance of Map/],
  ['10,000 levels', nested(10_000), /expected at most 64 levels of nesting, got more at \$\["level 9999"\]/],
  [
    'more than 16 MB',
    { D: 'x'.repeat(17 * 1024 * 1024) },
    /expected at most 16777216 bytes of JSON, got more, at \$\.D/,
  ],
  [
    'shares that add up, of too many labels',
    { D: mapOf(20_000, (index) => [`label ${index}`, '0.005%']) },
    /the demography, D: expected at most 10000 shares in a distribution, got 20000: put/,
  ],
  [
    'too many distributions',
    mapOf(201, (index) => [`${index} D`, halves]),
    /at most 200 distributions, got 201/,
  ],
  ['far too many', mapOf(20_000, (index) => [`${index} D`, halves]), /at most 5000 distributions, got 20000/],
];
for (const [what, document, message] of refused) {
  test(`${what}: one clear error`, () => {
    assert.throws(
      () => readDemography(document),
      (error) => error instanceof UserError && message.test(error.message) && error.message.length < 1000,
    );
  });
}

test('a circle ends at the deepest level allowed', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.throws(() => readDemography(circle), /levels of nesting/);
});

test('what is large but sound is read', () => {
  const labels = readDemography({ D: mapOf(10_000, (index) => [`label ${index}`, '0.01%']) });
  assert.equal(labels.dimensions[0]?.kind === 'values' && labels.dimensions[0].values.length, 10_000);
  const overlapping = readDemography({ D: mapOf(30_000, (index) => [`label ${index}`, '1%']) });
  assert.equal(overlapping.dimensions.length, 0);
  assert.equal(overlapping.notes[0]?.text, 'shares sum to 30000 %, so they overlap: left to the context');
  const text = readDemography({
    D: 'x\n'.repeat(1_000_000),
    [`1-${'2'.repeat(5_000_000)}`]: '50%',
  });
  assert.equal(text.dimensions.length, 0);
});

test('maps within maps are read as deep as 64 levels', () => {
  assert.deepEqual(
    readDemography(nested(64)).dimensions.map(({ name }) => name),
    ['level 1'],
  );
});

test('control characters of a document do not reach names and lines of notes', () => {
  const { dimensions, notes } = readDemography({
    'a\u001b[2J\nb': { '\u001b[31mx\ny': '50%', '\u001b[31mx y': '50%' },
  });
  for (const dimension of dimensions) dimensionSchema.parse(dimension);
  for (const line of notes.map(describeNote)) assert.doesNotMatch(line, /\p{Cc}/u);
});

test('keys that are words of the language are labels like others', () => {
  const { dimensions } = readDemography({ toString: { valueOf: '50%', hasOwnProperty: '50%' } });
  assert.deepEqual(dimensions, [
    {
      name: 'toString',
      kind: 'values',
      values: [
        { value: 'valueOf', weight: 50 },
        { value: 'hasOwnProperty', weight: 50 },
      ],
    },
  ]);
});
