import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIT_TOLERANCE, fitShares } from '../../../../src/shared/sampling/description/fit-shares.ts';

/** Row and column margins of a table that is written row by row. */
function margins(rows: readonly number[], columns: readonly number[]) {
  const cells = rows.flatMap((_, row) => columns.map((_, column) => ({ row, column })));
  return [
    { groupOf: cells.map(({ row }) => row), targets: rows },
    { groupOf: cells.map(({ column }) => column), targets: columns },
  ];
}

function even(size: number): number[] {
  return Array.from({ length: size }, () => 1 / size);
}

test('a table of Deming and Stephan’s kind: sums met, odds ratio kept', () => {
  const fitting = fitShares([1, 2, 3, 4], margins([0.3, 0.7], [0.6, 0.4]));
  assert.ok(fitting.fits);
  const [a = 0, b = 0, c = 0, d = 0] = fitting.shares;
  for (const [sum, target] of [
    [a + b, 0.3],
    [c + d, 0.7],
    [a + c, 0.6],
    [b + d, 0.4],
  ] as const) {
    assert.ok(Math.abs(sum - target) <= FIT_TOLERANCE);
  }
  assert.ok(Math.abs((a * d) / (b * c) - 4 / 6) < 1e-9);
});

test('zeros that the targets bring about are reached exactly', () => {
  for (const size of [2, 5, 12]) {
    // Only the diagonal is left of the upper triangle.
    const seed = even(size).flatMap((_, row) => even(size).map((_, column) => (column >= row ? 1 + row : 0)));
    const fitting = fitShares(seed, margins(even(size), even(size)));
    assert.ok(fitting.fits);
    for (const [index, share] of fitting.shares.entries()) {
      const target = index % (size + 1) === 0 ? 1 / size : 0;
      assert.ok(Math.abs(share - target) <= FIT_TOLERANCE, `cell ${index} of ${size}: ${share}`);
    }
  }
});

test('sums that the zeros rule out are given up, and the furthest is named', () => {
  assert.deepEqual(fitShares([1, 1, 0, 0], margins([0.5, 0.5], [0.5, 0.5])), {
    fits: false,
    margin: 0,
    group: 1,
    sum: 0,
  });
  const fitting = fitShares([1, 1, 0, 1], margins([0.5, 0.5], [0.9, 0.1]));
  assert.ok(!fitting.fits);
  assert.equal(fitting.margin, 0);
  assert.ok(Math.abs(Math.abs(fitting.sum - 0.5) - 0.4) < 1e-6);
});

test('weights hundreds of orders of magnitude apart do not break it', () => {
  const fitting = fitShares([1e-300, 1, 1, 1], margins([0.5, 0.5], [0.9, 0.1]));
  assert.ok(fitting.fits);
  assert.ok(fitting.shares.every(Number.isFinite));
});
