import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendMargins } from '../../../src/shared/sampling/margin-mending.ts';

/** Three by three, all cells there. */
const axes = [
  { size: 3, of: [0, 0, 0, 1, 1, 1, 2, 2, 2] },
  { size: 3, of: [0, 1, 2, 0, 1, 2, 0, 1, 2] },
];

test('counts whose marginals are within one of their shares are left alone', () => {
  const counts = [2, 0, 0, 0, 2, 0, 0, 0, 2];
  assert.equal(mendMargins(axes, Array(9).fill(6 / 9), counts), 0);
  assert.deepEqual(counts, [2, 0, 0, 0, 2, 0, 0, 0, 2]);
});

test('everybody in one cell is spread until every marginal is within one; nobody is lost, no cell owes', () => {
  const counts = [90, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.equal(mendMargins(axes, Array(9).fill(10), counts), 0);
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    90,
  );
  assert.ok(counts.every((count) => count >= 0));
  for (const { of } of axes) {
    for (const group of [0, 1, 2]) {
      const count = counts.filter((_, cell) => of[cell] === group).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(count - 30) <= 1, `${counts}`);
    }
  }
});

test('what cannot be mended is counted, and ends', () => {
  // One row, so nobody can leave it; its target is another's people.
  const counts = [3, 3];
  const rows = [{ size: 2, of: [0, 0] }];
  assert.equal(mendMargins(rows, [0, 0], counts), 1);
  assert.deepEqual(counts, [3, 3]);
});
