import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBoundedLabel, OTHER } from '../../../src/shared/telemetry/bounded-label.ts';

test('the first values pass, and keep their label; all later ones share one', () => {
  const label = createBoundedLabel({ most: 2 });
  assert.deepEqual(['a', 'b', 'c', 'a', 'd', 'b'].map(label), ['a', 'b', OTHER, 'a', OTHER, 'b']);
});

test('each label is announced once, the shared one too', () => {
  const announced: string[] = [];
  const label = createBoundedLabel({ most: 2, onNew: (value) => announced.push(value) });
  for (const value of ['a', 'a', 'b', 'c', 'd', 'c', 'b']) label(value);
  assert.deepEqual(announced, ['a', 'b', OTHER]);
});

test('a long value is cut, and never within a character', () => {
  const label = createBoundedLabel();
  assert.equal(label('x'.repeat(64)), 'x'.repeat(64));
  assert.equal(label('y'.repeat(65)), `${'y'.repeat(63)}…`);
  assert.equal(label('😀'.repeat(65)), `${'😀'.repeat(63)}…`);
});

test('whatever comes, there are no more than 21 labels of 64 characters', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 100 }), { maxLength: 200 }), (values) => {
      const labels = values.map(createBoundedLabel());
      assert.ok(new Set(labels).size <= 21);
      assert.ok(labels.every((label) => [...label].length <= 64));
    }),
  );
});
