import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundTable } from '../../../src/shared/sampling/controlled-rounding.ts';
import { groupSums } from '../../../src/shared/sampling/group-sums.ts';
import { uniformAt } from '../../../src/shared/sampling/seeded-hash.ts';

const chances = (seed: string) => (step: number) => uniformAt(seed, step);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const isRounding = (count: number, value: number) =>
  Number.isInteger(count) && count >= 0 && Math.abs(count - value) < 1 + 1e-6;

/** Tables with gaps whose weights are scaled to a whole total. */
const tables = fc
  .record({
    rows: fc.integer({ min: 1, max: 8 }),
    columns: fc.integer({ min: 1, max: 8 }),
    total: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(1, 99_991, 100_000_000)),
    weights: fc.array(
      fc.oneof(
        fc.constant(0),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        fc.constantFrom(1e-12, 1, 0.5, 1e12),
      ),
      { minLength: 64, maxLength: 64 },
    ),
  })
  .filter(({ rows, columns, weights }) => sum(weights.slice(0, rows * columns)) > 0)
  .map(({ rows, columns, total, weights }) => {
    const cells = weights.slice(0, rows * columns);
    const kept = [...cells.keys()].filter((cell) => cells[cell] !== 0);
    return {
      total,
      sizes: [rows, columns] as const,
      rows: kept.map((cell) => Math.floor(cell / columns)),
      columns: kept.map((cell) => cell % columns),
      values: kept.map((cell) => ((cells[cell] ?? 0) / sum(cells)) * total),
    };
  });

test('entries, rows, columns and the total are rounded down or up, all at once, whatever the chances', () => {
  fc.assert(
    fc.property(tables, fc.string(), ({ sizes, total, ...table }, seed) => {
      const counts = roundTable(table, chances(seed));
      assert.equal(sum(counts), total);
      for (const [entry, count] of counts.entries()) {
        assert.ok(isRounding(count, table.values[entry] ?? 0), `${count} of ${table.values[entry]}`);
      }
      for (const [axis, size] of [
        [table.rows, sizes[0]],
        [table.columns, sizes[1]],
      ] as const) {
        const wanted = groupSums(table.values, axis, size);
        for (const [group, count] of groupSums(counts, axis, size).entries()) {
          assert.ok(isRounding(count, wanted[group] ?? 0), `${count} of ${wanted[group]}`);
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('whole entries stay, and rows that are whole but for float errors keep their sums', () => {
  const thirds = {
    rows: [0, 0, 0, 1, 1, 1, 2],
    columns: [0, 1, 2, 0, 1, 2, 0],
    values: [1 / 3, 1 / 3, 1 / 3],
  };
  const counts = roundTable({ ...thirds, values: [...thirds.values, 0.1 + 0.2, 0.3, 0.4, 7] }, chances('s'));
  assert.equal(counts[6], 7);
  assert.equal(sum(counts.slice(0, 3)), 1);
  assert.equal(sum(counts.slice(3, 6)), 1);
});

test('over many seeds an entry is rounded up as often as its fraction says', () => {
  const table = { rows: [0, 0, 1, 1], columns: [0, 1, 0, 1], values: [0.1, 0.3, 0.4, 0.2] };
  const up = [0, 0, 0, 0];
  for (let seed = 0; seed < 4000; seed += 1) {
    for (const [entry, count] of roundTable(table, chances(`${seed}`)).entries())
      up[entry] = (up[entry] ?? 0) + count;
  }
  // The standard deviation of each is below 32.
  for (const [entry, times] of up.entries()) {
    assert.ok(Math.abs(times - 4000 * (table.values[entry] ?? 0)) < 160, `entry ${entry}: ${times}`);
  }
});
