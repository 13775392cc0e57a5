import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/shared/errors.ts';
import { mergeDefinitions } from '../../../src/shared/person/merge.ts';

const keep = { overwriteScalars: false };
const overwrite = { overwriteScalars: true };

test('maps merge, lists extend without repeats, missing and null are filled in', () => {
  assert.deepEqual(
    mergeDefinitions(
      { likes: { food: ['kenkey', 'fish'], colour: null }, facts: [{ a: 1, b: 2 }] },
      {
        likes: { food: ['fish', 'shito'], colour: 'red', music: 'highlife' },
        facts: [{ b: 2, a: 1 }, { a: 2 }],
        age: 3,
      },
      keep,
    ),
    {
      likes: { food: ['kenkey', 'fish', 'shito'], colour: 'red', music: 'highlife' },
      facts: [{ a: 1, b: 2 }, { a: 2 }],
      age: 3,
    },
  );
});

test('equal scalars agree; different ones conflict unless they may be overwritten', () => {
  assert.deepEqual(mergeDefinitions({ age: 3 }, { age: 3 }, keep), { age: 3 });
  assert.throws(
    () => mergeDefinitions({ a: { age: 3 } }, { a: { age: 4 } }, keep),
    (error) => error instanceof UserError && /^\$\.a\.age is already 3, not 4:/.test(error.message),
  );
  assert.deepEqual(mergeDefinitions({ a: { age: 3 } }, { a: { age: '4' } }, overwrite), { a: { age: '4' } });
});

test('a list, a map and a scalar never replace one another', () => {
  const shapes = { scalar: 'x', list: ['x'], map: { x: 1 } };
  for (const [present, a] of Object.entries(shapes)) {
    for (const [addition, b] of Object.entries(shapes)) {
      if (present === addition) continue;
      const pattern = new RegExp(`cannot merge a ${addition} into a ${present} at \\$\\.k`);
      assert.throws(() => mergeDefinitions({ k: a }, { k: b }, overwrite), pattern);
    }
  }
});

test('neither argument changes or is shared', () => {
  const current = { list: [{ a: 1 }], map: { x: [1] } };
  const additions = { list: [{ b: 1 }], map: { y: [2] }, extra: { z: [3] } };
  const before = structuredClone([current, additions]);
  const merged = mergeDefinitions(current, additions, keep);
  (merged.extra as { z: number[] }).z.push(4);
  (merged.list as { b?: number }[])[1] ??= {};
  for (const item of merged.list as { b?: number }[]) item.b = 9;
  (merged.map as { x: number[] }).x.push(9);
  assert.deepEqual([current, additions], before);
});

test('keys that exist on Object.prototype are ordinary keys', () => {
  assert.deepEqual(mergeDefinitions({}, { toString: 'x', valueOf: ['y'] }, keep), {
    toString: 'x',
    valueOf: ['y'],
  });
});
