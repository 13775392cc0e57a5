import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelOf } from '../../../src/shared/telemetry/label-text.ts';

test('plain names stay as they are', () => {
  for (const name of ['', 'gpt-4.1-mini', 'meta/llama-3:70b', 'São Paulo – 日本', 'x'.repeat(64)]) {
    assert.equal(labelOf(name), name);
  }
});

test('no name can end the string of a query that it is put into', () => {
  assert.equal(labelOf('x" population="evil'), "x' population='evil");
  assert.equal(labelOf('a\\{b}'), 'a/(b)');
});

test('whatever comes is one printable, well-formed line of at most 64 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const label = labelOf(`${text}\ud800\n`);
      assert.ok([...label].length <= 64 && label.isWellFormed() && !/[\p{C}"\\{}]/u.test(label));
    }),
  );
});
