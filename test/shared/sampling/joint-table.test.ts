import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Joint } from '../../../src/shared/sampling/dimensions.ts';
import { groupSums } from '../../../src/shared/sampling/group-sums.ts';
import { createJointTable, type JointTable, roundJoint } from '../../../src/shared/sampling/joint-table.ts';
import { uniformAt } from '../../../src/shared/sampling/seeded-hash.ts';

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** A joint over every combination of cells but those that chance leaves out; never empty. */
function randomJoint(sizes: readonly number[], density: number, spread: number, seed: string): Joint {
  let combinations: number[][] = [[]];
  for (const size of sizes) {
    combinations = combinations.flatMap((at) => Array.from({ length: size }, (_, index) => [...at, index]));
  }
  const kept = combinations.filter((_, index) => index === 0 || uniformAt(`${seed} kept`, index) < density);
  return {
    dimensions: sizes.map((_, position) => `d${position}`),
    cells: kept.map((at, index) => ({ at, weight: Math.exp(spread * uniformAt(`${seed} weight`, index)) })),
  };
}

function furthest(
  { axes, shares }: JointTable,
  counts: readonly number[],
): { cell: number; marginal: number } {
  const total = sum(counts);
  const strays = counts.map((count, cell) => count - (shares[cell] ?? 0) * total);
  return {
    cell: Math.max(...strays.map(Math.abs)),
    marginal: Math.max(...axes.flatMap(({ size, of }) => groupSums(strays, of, size).map(Math.abs))),
  };
}

const seed = fc.string({ minLength: 1, maxLength: 8 });
const people = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.integer({ min: 1, max: 2000 }),
  fc.constantFrom(1, 997, 99_999_989),
);
const density = fc.constantFrom(1, 0.6, 0.2);
const spread = fc.constantFrom(0, 3, 27);
const sizes = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 7 }), { minLength, maxLength });

test('two dimensions: every cell and every marginal is its share rounded down or up, zeros or not', () => {
  fc.assert(
    fc.property(sizes(2, 2), density, spread, people, seed, (size, dense, wide, total, seeded) => {
      const table = createJointTable(randomJoint(size, dense, wide, seeded), size);
      const counts = roundJoint(table, total, { seed: seeded });
      assert.equal(sum(counts), total);
      assert.ok(counts.every((count) => Number.isInteger(count) && count >= 0));
      const { cell, marginal } = furthest(table, counts);
      assert.ok(cell < 1 + 1e-6, `a cell strays by ${cell}`);
      assert.ok(marginal < 1 + 1e-6, `a marginal strays by ${marginal}`);
    }),
    { numRuns: 300 },
  );
});

test('three to five dimensions without zeros: every marginal is within one of its share', () => {
  fc.assert(
    fc.property(sizes(3, 5), spread, people, seed, (size, wide, total, seeded) => {
      const kept = size.map((each) => Math.min(each, 5));
      const table = createJointTable(randomJoint(kept, 1, wide, seeded), kept);
      const counts = roundJoint(table, total, { seed: seeded });
      assert.equal(sum(counts), total);
      assert.ok(counts.every((count) => Number.isInteger(count) && count >= 0));
      const { marginal } = furthest(table, counts);
      assert.ok(marginal <= 1 + 2e-6, `a marginal strays by ${marginal}`);
    }),
    { numRuns: 100 },
  );
});

test('three and four dimensions with many zeros: the same, for tables of fixed seeds', () => {
  for (const [size, dense] of [
    [[4, 5, 6], 0.5],
    [[4, 5, 6], 0.1],
    [[6, 6, 6], 0.05],
    [[3, 3, 3, 3], 0.2],
    [[2, 2, 2, 2, 2, 2, 2], 0.1],
    [[40, 10, 2], 0.3],
  ] as const) {
    for (const total of [1, 7, 40, 991]) {
      for (const seeded of ['a', 'b', 'c', 'd', 'e']) {
        const table = createJointTable(randomJoint(size, dense, 3, seeded), size);
        const counts = roundJoint(table, total, { seed: seeded });
        assert.equal(sum(counts), total);
        const { marginal } = furthest(table, counts);
        assert.ok(marginal <= 1 + 2e-6, `${size} at ${total}, seed ${seeded}: strays by ${marginal}`);
      }
    }
  }
});

test('zeros that stand against every right table give the nearest, not an error', () => {
  // Each of the first two dimensions decides the third between them: whoever is taken, one marginal is 1 of 1/2.
  const cells = [
    [0, 0, 0],
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ].map((at) => ({ at, weight: 1 }));
  const table = createJointTable({ dimensions: ['a', 'b', 'c'], cells }, [2, 2, 2]);
  for (const total of [1, 2, 3, 5, 6]) {
    const counts = roundJoint(table, total, { seed: 's' });
    assert.equal(sum(counts), total);
    assert.ok(furthest(table, counts).marginal <= 1, `${counts}`);
  }
  // A chain of equal cells in which every dimension repeats the first.
  const diagonal = Array.from({ length: 9 }, (_, index) => ({
    at: [index, index, index],
    weight: 1 + index,
  }));
  const chain = createJointTable({ dimensions: ['a', 'b', 'c'], cells: diagonal }, [9, 9, 9]);
  const counts = roundJoint(chain, 100, { seed: 's' });
  assert.equal(sum(counts), 100);
  assert.ok(furthest(chain, counts).marginal < 1 + 1e-6);
});

test('weights of any size and unit: only their ratios count', () => {
  const cells = (unit: number) => [
    { at: [0, 0], weight: unit },
    { at: [1, 1], weight: 3 * unit },
  ];
  for (const unit of [5e-308, 1e-12, 1, Number.MAX_VALUE / 4]) {
    const table = createJointTable({ dimensions: ['a', 'b'], cells: cells(unit) }, [2, 2]);
    assert.deepEqual(roundJoint(table, 400, { seed: 's' }), [100, 300], `unit ${unit}`);
  }
  const uneven = [
    { at: [0, 0], weight: Number.MIN_VALUE },
    { at: [1, 1], weight: Number.MAX_VALUE },
  ];
  const table = createJointTable({ dimensions: ['a', 'b'], cells: uneven }, [2, 2]);
  assert.deepEqual(roundJoint(table, 12, { seed: 's' }), [0, 12]);
});

test('growing takes nobody back; cells and marginals stay near their shares, also one by one', () => {
  const steps = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 80 })), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      fc.oneof(sizes(2, 2), sizes(3, 3)),
      density,
      people,
      steps,
      seed,
      (size, dense, first, growth, seeded) => {
        const table = createJointTable(randomJoint(size, dense, 3, seeded), size);
        let total = Math.min(first, 3000);
        let counts = roundJoint(table, total, { seed: seeded });
        for (const step of growth) {
          total += step;
          const before = counts;
          counts = roundJoint(table, total, { before, seed: `${seeded} ${total}` });
          assert.equal(sum(counts), total);
          assert.ok(counts.every((count, cell) => count >= (before[cell] ?? 0)));
          const { cell, marginal } = furthest(table, counts);
          assert.ok(marginal < 2.5, `a marginal strays by ${marginal}`);
          if (size.length === 2) assert.ok(cell < 3, `a cell strays by ${cell}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a population that grows one by one strays no further for it, marginals and cells', () => {
  for (const size of [
    [8, 9],
    [3, 4, 5],
  ]) {
    const table = createJointTable(randomJoint(size, 0.8, 3, 's'), size);
    let counts: number[] | undefined;
    for (let total = 1; total <= 500; total += 1) {
      counts = roundJoint(table, total, { before: counts, seed: `${total}` });
      const { cell, marginal } = furthest(table, counts);
      assert.ok(marginal < 2 && cell < 3, `${marginal} and ${cell} at ${total}`);
    }
  }
});

test('growth by enough for everybody is as exact as planning at once', () => {
  for (const seeded of ['a', 'b', 'c', 'd']) {
    const table = createJointTable(randomJoint([5, 6], 0.7, 1, seeded), [5, 6]);
    const before = roundJoint(table, 500, { seed: seeded });
    const { cell, marginal } = furthest(table, roundJoint(table, 2000, { before, seed: `${seeded} grown` }));
    assert.ok(cell < 1 + 1e-6 && marginal < 1 + 1e-6, `${cell}, ${marginal}`);
  }
});

test('equal arguments give equal counts, and rare cells get people by their shares over many seeds', () => {
  const joint = randomJoint([10, 10], 1, 0, 's');
  const table = createJointTable(joint, [10, 10]);
  assert.deepEqual(roundJoint(table, 37, { seed: 'x' }), roundJoint(table, 37, { seed: 'x' }));
  const filled: number[] = new Array(100).fill(0);
  for (let seeded = 0; seeded < 1000; seeded += 1) {
    for (const [cell, count] of roundJoint(table, 20, { seed: `${seeded}` }).entries()) {
      filled[cell] = (filled[cell] ?? 0) + count;
    }
  }
  // 200 each are expected, with a standard deviation below 13.
  assert.ok(
    Math.min(...filled) > 125 && Math.max(...filled) < 275,
    `${Math.min(...filled)} ${Math.max(...filled)}`,
  );
});
