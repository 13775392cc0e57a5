import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupSums } from '../../../src/shared/sampling/group-sums.ts';
import { fitProportionally } from '../../../src/shared/sampling/proportional-fitting.ts';

const rows = [0, 0, 1, 1];
const columns = [0, 1, 0, 1];

test('a table is brought to its margins and keeps its odds ratio', () => {
  const fitted = fitProportionally(
    [4, 1, 2, 3],
    [
      { groupOf: rows, targets: [30, 70] },
      { groupOf: columns, targets: [55, 45] },
    ],
    100,
  );
  const [a = 0, b = 0, c = 0, d = 0] = fitted;
  for (const [sum, target] of [
    [a + b, 30],
    [c + d, 70],
    [a + c, 55],
    [b + d, 45],
  ] as const) {
    assert.ok(Math.abs(sum - target) < 1e-5, `${sum} of ${target}`);
  }
  assert.ok(Math.abs((a * d) / (b * c) - 6) < 1e-5);
});

test('where zeros stand against it, the last margin is met, and zeros stay', () => {
  const fitted = fitProportionally(
    [1, 0, 0, 1],
    [
      { groupOf: columns, targets: [9, 1] },
      { groupOf: rows, targets: [5, 5] },
    ],
    100,
  );
  assert.deepEqual(fitted, [5, 0, 0, 5]);
  assert.deepEqual(groupSums(fitted, rows, 3), [5, 5, 0], 'a group without entries sums to 0');
});
