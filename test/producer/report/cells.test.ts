import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellSchemeOf } from '../../../src/producer/report/cells.ts';
import { statedCellOf } from '../../../src/producer/report/stated-cell.ts';
import type { Dimension, RangeDimension } from '../../../src/shared/sampling/dimensions.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

const values = (name: string, weights: Readonly<Record<string, number>>): Dimension => ({
  name,
  kind: 'values',
  values: Object.entries(weights).map(([value, weight]) => ({ value, weight })),
});
const bands: RangeDimension = {
  name: 'age',
  kind: 'range',
  min: 18,
  max: 90,
  distribution: {
    kind: 'bands',
    bands: [
      { label: '18-29', min: 18, max: 29, weight: 1 },
      { label: '30-59', min: 30, max: 59, weight: 2 },
      { label: '60+', min: 60, max: 90, weight: 1 },
    ],
  },
};

test('values have the shares of their weights', () => {
  const { cells, sealedAt } = cellSchemeOf(values('town', { Ayr: 30, Bute: 10 }), []);
  assert.deepEqual(cells, [
    { label: 'Ayr', share: 0.75 },
    { label: 'Bute', share: 0.25 },
  ]);
  assert.equal(sealedAt({ town: 'Bute' }, {}), 1);
  assert.equal(sealedAt(undefined, { town: 'Ayr' }), 0, 'a record without cells');
  assert.equal(sealedAt({ town: 'Cork' }, {}), -1);
});

test("a joint table's marginal is the target of its dimensions", () => {
  const dimensions = [values('a', { x: 1, y: 1 }), values('b', { v: 1, w: 1 })];
  const joint = {
    dimensions: ['b', 'a'],
    cells: [
      { at: [0, 0], weight: 3 },
      { at: [1, 1], weight: 1 },
    ],
  };
  const [a] = dimensions;
  assert.ok(a);
  assert.deepEqual(
    cellSchemeOf(a, [joint]).cells.map(({ share }) => share),
    [0.75, 0.25],
  );
});

test('bands: the recorded cell, or the number of a record without', () => {
  const { cells, sealedAt, binned } = cellSchemeOf(bands, []);
  assert.equal(binned, false);
  assert.deepEqual(
    cells.map(({ share }) => share),
    [0.25, 0.5, 0.25],
  );
  assert.equal(sealedAt({ age: '30-59' }, { age: 30 }), 1);
  assert.equal(sealedAt(undefined, { age: 45 }), 1);
  assert.equal(sealedAt(undefined, { age: 17 }), -1);
});

test('a range without bands is divided into eight bins at the most', () => {
  const scheme = cellSchemeOf({ name: 'age', kind: 'range', min: 18, max: 84 }, []);
  // 67 whole numbers: seven bins of nine and one of four.
  assert.deepEqual(
    scheme.cells.map(({ label }) => label),
    ['18–26', '27–35', '36–44', '45–53', '54–62', '63–71', '72–80', '81–84'],
  );
  assert.ok(Math.abs((scheme.cells[7]?.share ?? 0) - 4 / 67) < 1e-12);
  assert.equal(scheme.sealedAt({ age: '18–84' }, { age: 27 }), 1);
  assert.equal(scheme.sealedAt(undefined, { age: 85 }), -1);
  const few = cellSchemeOf({ name: 'children', kind: 'range', min: 0, max: 2 }, []);
  assert.deepEqual(
    few.cells.map(({ label }) => label),
    ['0', '1', '2'],
  );
});

test('floats and units: every sealed number is in one bin', () => {
  const price: RangeDimension = {
    name: 'rent',
    kind: 'range',
    min: 400,
    max: 2400,
    decimals: 1,
    unit: { before: '$', after: ' a month' },
  };
  const { cells, sealedAt } = cellSchemeOf(price, []);
  assert.equal(cells.length, 8);
  assert.ok(Math.abs(cells.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
  assert.equal(sealedAt(undefined, { rent: '$400.0 a month' }), 0);
  assert.equal(sealedAt(undefined, { rent: '$2,400.0 a month' }), 7);
  for (let tenth = 4000; tenth <= 24_000; tenth += 1) {
    assert.notEqual(sealedAt(undefined, { rent: `$${(tenth / 10).toFixed(1)} a month` }), -1, String(tenth));
  }
});

test('extreme ranges have bins too', () => {
  const { cells } = cellSchemeOf({ name: 'x', kind: 'range', min: -1e308, max: 1e308 }, []);
  assert.ok(cells.length > 0 && cells.length <= 8);
  assert.ok(cells.every(({ share }) => Number.isFinite(share)));
});

test('what a person says fills the cell, not what was sealed', () => {
  const gender = values('Gender', { female: 1, male: 1 });
  const scheme = cellSchemeOf(gender, []);
  const stated = statedCellOf(scheme, [gender]);
  assert.ok(stated);
  assert.equal(stated({ ...examplePersona(), gender: 'male' }, { Gender: 'female' }, 0), 1);
  assert.equal(stated({ ...examplePersona(), gender: 'female' }, { Gender: 'female' }, 0), 0);
  assert.equal(stated({ ...examplePersona(), gender: 'robot' }, { Gender: 'female' }, 0), -1);
});

test('an age where two bands meet belongs to the sealed one', () => {
  const stated = statedCellOf(cellSchemeOf(bands, []), [bands]);
  assert.ok(stated);
  assert.equal(stated({ ...examplePersona(), age: 30 }, { age: 30 }, 1), 1);
  assert.equal(stated({ ...examplePersona(), age: 30 }, { age: 30 }, 0), 0);
  assert.equal(stated({ ...examplePersona(), age: 70 }, { age: 30 }, 1), 2);
});

test('an occupation agrees when its title contains the words', () => {
  const job = values('occupation', { nurse: 1, 'night nurse': 1, clerk: 1 });
  const stated = statedCellOf(cellSchemeOf(job, []), [job]);
  assert.ok(stated);
  const { occupation } = examplePersona();
  const as = (title: string) => ({ ...examplePersona(), occupation: { ...occupation, title } });
  assert.equal(stated(as('Night nurse in a clinic'), { occupation: 'night nurse' }, 1), 1);
  assert.equal(stated(as('Senior clerk'), { occupation: 'nurse' }, 0), 2);
  assert.equal(stated(as('Sailor'), { occupation: 'nurse' }, 0), -1);
});

test('ages as bands are checked; ages as words, other dimensions and a second one of a field are sealed', () => {
  const banded = values('age', { '18-30': 1, '65+': 1 });
  const stated = statedCellOf(cellSchemeOf(banded, []), [banded]);
  assert.equal(stated?.({ ...examplePersona(), age: 80 }, { age: '18-30' }, 0), 1);
  const words = values('age', { young: 1, old: 1 });
  assert.equal(statedCellOf(cellSchemeOf(words, []), [words]), undefined);
  const town = values('quarter', { east: 1 });
  assert.equal(statedCellOf(cellSchemeOf(town, []), [town]), undefined);
  const [gender, sex] = [values('gender', { f: 1 }), values('sex', { f: 1 })];
  assert.notEqual(statedCellOf(cellSchemeOf(gender, []), [sex, gender]), undefined);
  assert.equal(statedCellOf(cellSchemeOf(sex, []), [sex, gender]), undefined);
});

test('weights so large that their sum is none still have shares, alone and in a joint', () => {
  const dimensions = [values('a', { x: 1e308, y: 1e308 }), values('b', { v: 1, w: 1 })];
  const cells = [0, 1].flatMap((x) => [0, 1].map((v) => ({ at: [x, v], weight: 1e308 })));
  for (const joints of [[], [{ dimensions: ['a', 'b'], cells }]]) {
    for (const dimension of dimensions) {
      assert.deepEqual(
        cellSchemeOf(dimension, joints).cells.map(({ share }) => share),
        [0.5, 0.5],
      );
    }
  }
});
