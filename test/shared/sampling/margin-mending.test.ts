import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { groupSums } from '../../../src/shared/sampling/group-sums.ts';
import { type Axis, mendMargins } from '../../../src/shared/sampling/margin-mending.ts';

/** Three by three, all cells there. */
const axes = [
  { size: 3, of: [0, 0, 0, 1, 1, 1, 2, 2, 2] },
  { size: 3, of: [0, 1, 2, 0, 1, 2, 0, 1, 2] },
];

const plenty = () => ({ left: 1e7 });

test('counts whose marginals are within one of their shares are left alone', () => {
  const counts = [2, 0, 0, 0, 2, 0, 0, 0, 2];
  assert.equal(mendMargins(axes, Array(9).fill(6 / 9), counts, plenty()), 0);
  assert.deepEqual(counts, [2, 0, 0, 0, 2, 0, 0, 0, 2]);
});

test('everybody in one cell is spread until every marginal is within one; nobody is lost, no cell owes', () => {
  const counts = [90, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.equal(mendMargins(axes, Array(9).fill(10), counts, plenty()), 0);
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
  assert.equal(mendMargins(rows, [0, 0], counts, plenty()), 1);
  assert.deepEqual(counts, [3, 3]);
});

/** Counts that tell of every person who is moved, from which cell to which. */
function observed(counts: readonly number[], onMove: (now: readonly number[]) => void): number[] {
  let writes = 0;
  return new Proxy([...counts], {
    set(now, cell, count) {
      Reflect.set(now, cell, count);
      writes += 1;
      // A move writes two cells.
      if (writes % 2 === 0) onMove(now);
      return true;
    },
  });
}

/** What mending lessens: half the squares of how far marginals stray, and for little those of the cells. */
function potential(axes: readonly Axis[], targets: readonly number[], counts: readonly number[]): number {
  const strays = counts.map((count, cell) => count - (targets[cell] ?? 0));
  const halfSquares = (distances: readonly number[]) =>
    distances.reduce((sum, each) => sum + each ** 2 / 2, 0);
  const marginals = axes.flatMap(({ size, of }) => groupSums(strays, of, size));
  return halfSquares(marginals) + 2 ** -6 * halfSquares(strays);
}

const tables = fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 1, maxLength: 4 }).chain((sizes) => {
  const cells = sizes.reduce((product, size) => product * size, 1);
  let stride = 1;
  const axes = sizes.map((size): Axis => {
    const each = stride;
    stride *= size;
    return { size, of: Array.from({ length: cells }, (_, cell) => Math.floor(cell / each) % size) };
  });
  const perCell = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: cells, maxLength: cells });
  return fc.record({
    // With every cell as an axis of its own too, as populations that have grown are mended.
    axes: fc.constantFrom(axes, [
      ...axes,
      { size: cells, of: Array.from({ length: cells }, (_, cell) => cell) },
    ]),
    counts: perCell(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 }))),
    wanted: perCell(fc.double({ min: -1, max: 9, noNaN: true })),
  });
});

test('every move brings the whole nearer, so that moves are few; people and cells stay in bounds', () => {
  fc.assert(
    fc.property(tables, ({ axes, counts, wanted }) => {
      const people = counts.reduce((a, b) => a + b, 0);
      const shift = (people - wanted.reduce((a, b) => a + b, 0)) / counts.length;
      const targets = wanted.map((target) => target + shift);
      const effort = plenty();
      let moves = 0;
      let last = potential(axes, targets, counts);
      const mended = observed(counts, (now) => {
        moves += 1;
        const next = potential(axes, targets, now);
        assert.ok(next < last, `move ${moves} leads from ${last} to ${next}`);
        last = next;
      });
      mendMargins(axes, targets, mended, effort);
      assert.ok(moves <= 10 + 2 * people, `${moves} moves of ${people} people`);
      assert.ok(effort.left > 0);
      assert.equal(
        mended.reduce((a, b) => a + b, 0),
        people,
      );
      assert.ok(mended.every((count) => Number.isInteger(count) && count >= 0));
    }),
    { numRuns: 300 },
  );
});

test('mending ends when its effort is spent, and nobody is lost', () => {
  const effort = { left: 10 };
  const counts = [90, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.ok(mendMargins(axes, Array(9).fill(10), counts, effort) > 0);
  assert.ok(effort.left <= 0);
  assert.equal(
    counts.reduce((a, b) => a + b, 0),
    90,
  );
});
