import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePlan, planFacts } from '../../src/cli/describe-plan.ts';
import { describeDimensions } from '../../src/index.ts';

const describe = (dimensions: Parameters<typeof describeDimensions>[0], size = 200) =>
  describePlan(planFacts({ ...describeDimensions(dimensions), extents: [size], seed: 's' }));

test('every dimension with its shares and counts, and ten of the slots', () => {
  const text = describe({ gender: { female: '50.5%', male: '49.5%' }, age: { range: [18, 20] } });
  assert.match(text, /^200 people, seed s\n\n2 dimensions\n {2}gender: 2 values\n/);
  assert.match(text, /female {3}50\.5 % {2}101\n {4}male {5}49\.5 % {3}99\n/);
  assert.match(text, /age: whole numbers from 18 to 20, spread evenly\n/);
  assert.match(text, /dealt independently/);
  assert.equal(text.match(/^ {2}\d+: gender (fe)?male, age \d\d$/gm)?.length, 10);
});

test('what no band covers is said', () => {
  assert.match(
    describe({ age: { range: [0, 20], bands: { '5-9': 1, '12-14': 1 } } }),
    /nobody from 0 to 4, 10 to 11, 15 to 20/,
  );
  assert.match(describe({ age: { bands: { '5-9': 1 } } }), /in 1 band\n/);
  assert.doesNotMatch(
    describe({ h: { range: [1, 2], decimals: 2, bands: { '1-1.5': 1, '1.5-2': 1 } } }),
    /nobody/,
  );
});

test('nothing that a file says reaches the terminal as a command', () => {
  const text = describe({ mood: { '\u001b[2Jred': 1, 'left\u202eright': 1 } });
  assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), text);
});

test('a population of one person, and of no dimensions', () => {
  assert.match(describe({ a: ['x', 'y'] }, 1), /\n1 of the slots\n {2}0: a [xy]\n$/);
  assert.match(describe({}), /no dimensions/);
});
