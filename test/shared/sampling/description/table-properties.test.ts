import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertShares, compiled, jointShares, shares } from './described.ts';

const weight = fc.integer({ min: 1, max: 1_000 });

/** A map of label → weight with this many labels. */
function weights(letter: string, size: number): fc.Arbitrary<Record<string, number>> {
  return fc
    .array(weight, { minLength: size, maxLength: size })
    .map((all) => Object.fromEntries(all.map((each, index) => [`${letter}${index}`, each])));
}

/** A full table over two dimensions, with the weights that the dimensions state. */
const statedTable = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([r, c]) =>
  fc.record({
    rows: weights('r', r),
    columns: weights('c', c),
    cells: fc
      .array(weights('c', c), { minLength: r, maxLength: r })
      .map((rows) => Object.fromEntries(rows.map((row, index) => [`r${index}`, row]))),
  }),
);

function asShares(written: Readonly<Record<string, number>>): Record<string, number> {
  const whole = Object.values(written).reduce((a, b) => a + b, 0);
  return Object.fromEntries(Object.entries(written).map(([key, each]) => [key, each / whole]));
}

test('a full table fits whatever weights its dimensions state, and keeps its odds ratios', () => {
  fc.assert(
    fc.property(statedTable, ({ rows, columns, cells }) => {
      const result = compiled({ rows, columns }, { joint: [{ dimensions: ['rows', 'columns'], cells }] });
      assertShares(shares(result.dimensions, 'rows'), asShares(rows));
      assertShares(shares(result.dimensions, 'columns'), asShares(columns));
      const joint = jointShares(result, 'rows', 'columns');
      const at = (r: string, c: string) => joint[`${r}, ${c}`] ?? 0;
      for (const r of Object.keys(rows)) {
        for (const c of Object.keys(columns)) {
          const written =
            ((cells[r]?.[c] ?? 0) * (cells.r0?.c0 ?? 0)) / ((cells[r]?.c0 ?? 0) * (cells.r0?.[c] ?? 0));
          const fitted = (at(r, c) * at('r0', 'c0')) / (at(r, 'c0') * at('r0', c));
          assert.ok(Math.abs(fitted / written - 1) < 1e-6, `${r}, ${c}: odds of ${written} became ${fitted}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

/** People by three values each; about half of the combinations do not occur. */
const population = fc
  .array(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(3), weight), { minLength: 3, maxLength: 20 })
  .map((people) => people.map(([a, b, c, count]) => ({ a: `a${a}`, b: `b${b}`, c: `c${c}`, weight: count })));

type Person = { a: string; b: string; c: string; weight: number };

function tableOf(people: readonly Person[], ...axes: ('a' | 'b' | 'c')[]): Record<string, number> {
  const table: Record<string, number> = {};
  for (const person of people) {
    const key = axes.map((axis) => person[axis]).join(', ');
    table[key] = (table[key] ?? 0) + person.weight;
  }
  return table;
}

test('the three tables of pairs of any population fit together, circle though they do', () => {
  fc.assert(
    fc.property(population, (people) => {
      const pairs = [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ] as const;
      const joint = pairs.map(([one, other]) => ({
        dimensions: [one, other],
        cells: Object.entries(tableOf(people, one, other)).map(([key, count]) => {
          const [first, second] = key.split(', ');
          return { [one]: first, [other]: second, weight: count };
        }),
      }));
      const result = compiled({}, { joint });
      assert.equal(result.joints.length, 1);
      for (const [one, other] of pairs) {
        const fitted = jointShares(result, one, other);
        // Where a fit only creeps to its target, it may end one in a million away.
        assertShares(fitted, asShares(tableOf(people, one, other)), 1e-6);
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('rows of a given hold exactly, down a chain', () => {
  const chain = fc.record({
    a: weights('a', 3),
    b: fc.tuple(weights('b', 2), weights('b', 4), weights('b', 3)),
    c: fc.array(weights('c', 3), { minLength: 4, maxLength: 4 }),
  });
  fc.assert(
    fc.property(chain, ({ a, b, c }) => {
      const rows = (letter: string, all: readonly Record<string, number>[]) =>
        Object.fromEntries(all.map((row, index) => [`${letter}${index}`, row]));
      const result = compiled({ c: { given: { b: rows('b', c) } }, b: { given: { a: rows('a', b) } }, a });
      const parents = shares(result.dimensions, 'a');
      assertShares(parents, asShares(a));
      const expected: Record<string, number> = {};
      for (const [index, row] of b.entries()) {
        for (const [label, share] of Object.entries(asShares(row))) {
          expected[`a${index}, ${label}`] = share * (parents[`a${index}`] ?? 0);
        }
      }
      assertShares(jointShares(result, 'a', 'b'), expected);
      for (const [label, share] of Object.entries(shares(result.dimensions, 'b'))) {
        const row = asShares(c[Number(label.slice(1))] ?? {});
        for (const [child, part] of Object.entries(row)) {
          const fitted = jointShares(result, 'b', 'c')[`${label}, ${child}`] ?? 0;
          assert.ok(Math.abs(fitted - share * part) < 1e-9);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('the shares of a fitted joint, written down as a table, are fitted to themselves', () => {
  fc.assert(
    fc.property(population, fc.tuple(weights('a', 3), weights('b', 3)), (people, [a, b]) => {
      const full = people.concat(
        Object.keys(a).flatMap((each) =>
          Object.keys(b).map((other) => ({ a: each, b: other, c: 'c0', weight: 1 })),
        ),
      );
      const first = compiled({ a, b }, { joint: [{ dimensions: ['a', 'b', 'c'], cells: dedupe(full) }] });
      const cells = Object.entries(jointShares(first, 'a', 'b', 'c')).map(([key, share]) => {
        const [one, other, third] = key.split(', ');
        return { a: one, b: other, c: third, weight: share };
      });
      const second = compiled({ a, b }, { joint: [{ dimensions: ['a', 'b', 'c'], cells }] });
      assertShares(jointShares(second, 'a', 'b', 'c'), jointShares(first, 'a', 'b', 'c'));
    }),
    { numRuns: 40 },
  );
});

function dedupe(people: readonly Person[]): Person[] {
  return Object.entries(tableOf(people, 'a', 'b', 'c')).map(([key, count]) => {
    const [a = '', b = '', c = ''] = key.split(', ');
    return { a, b, c, weight: count };
  });
}
