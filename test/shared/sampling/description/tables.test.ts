import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertShares, compiled, jointShares, shares } from './described.ts';

test('a joint alone: its dimensions get their values and shares from it', () => {
  const nested = { '0-14': { Male: 3, Female: 1 }, '15+': { Female: 4, Other: 2 } };
  const list = [
    { stage: '0-14', gender: 'Male', weight: '30%' },
    { weight: '10%', gender: 'Female', stage: '0-14' },
    { stage: '15+', gender: 'Female', weight: '40%' },
    { stage: '15+', gender: 'Other', weight: '20%' },
  ];
  for (const cells of [nested, list]) {
    const result = compiled({}, { joint: [{ dimensions: ['stage', 'gender'], cells }] });
    assert.deepEqual(
      result.dimensions.map(({ name, kind }) => [name, kind]),
      [
        ['stage', 'values'],
        ['gender', 'values'],
      ],
    );
    assertShares(shares(result.dimensions, 'stage'), { '0-14': 0.4, '15+': 0.6 });
    assertShares(shares(result.dimensions, 'gender'), { Male: 0.3, Female: 0.5, Other: 0.2 });
    assertShares(jointShares(result, 'stage', 'gender'), {
      '0-14, Male': 0.3,
      '0-14, Female': 0.1,
      '15+, Female': 0.4,
      '15+, Other': 0.2,
    });
  }
});

test('numbers in the cells of a list stay numbers', () => {
  const cells = [
    { children: 0, home: 'flat', weight: 1 },
    { children: 2, home: true, weight: 1 },
  ];
  const { dimensions } = compiled({}, { joint: [{ dimensions: ['children', 'home'], cells }] });
  assert.deepEqual(
    dimensions.map((each) => (each.kind === 'values' ? each.values.map(({ value }) => value) : [])),
    [
      [0, 2],
      ['flat', 'true'],
    ],
  );
});

test('a joint is fitted to the weights that its dimensions state', () => {
  const result = compiled(
    { age: { young: 75, old: 25 }, gender: { f: '50%', m: '50%' } },
    {
      joint: [{ dimensions: ['gender', 'age'], cells: { f: { young: 2, old: 1 }, m: { young: 1, old: 1 } } }],
    },
  );
  assertShares(shares(result.dimensions, 'age'), { young: 0.75, old: 0.25 });
  assertShares(shares(result.dimensions, 'gender'), { f: 0.5, m: 0.5 });
  const cell = jointShares(result, 'gender', 'age');
  const odds =
    ((cell['f, young'] ?? 0) * (cell['m, old'] ?? 0)) / ((cell['f, old'] ?? 0) * (cell['m, young'] ?? 0));
  assert.ok(Math.abs(odds - 2) < 1e-6, `the odds ratio of the table is kept, got ${odds}`);
});

test('what the weights rule out is 0, however slowly plain fitting would get there', () => {
  const result = compiled(
    { r: { a: 1, b: 1 }, c: { x: 1, y: 1 } },
    { joint: [{ dimensions: ['r', 'c'], cells: { a: { x: 1, y: 1 }, b: { y: 1 } } }] },
  );
  assertShares(jointShares(result, 'r', 'c'), { 'a, x': 0.5, 'b, y': 0.5 });
});

test('a list of values states no weights: the table decides', () => {
  const joint = [{ dimensions: ['r', 'c'], cells: { a: { x: 3 }, b: { y: 1 } } }];
  const result = compiled({ r: ['b', 'a'], c: ['x', 'y', 'z'] }, { joint });
  assert.deepEqual(shares(result.dimensions, 'r'), { b: 0.25, a: 0.75 });
  assert.deepEqual(shares(result.dimensions, 'c'), { x: 0.75, y: 0.25, z: 0 });
});

test('a range without bands takes those of its table, closed by its bounds', () => {
  const joint = [{ dimensions: ['g', 'age'], cells: { f: { '65+': 1, '0-64': 2 }, m: { '0-64': 1 } } }];
  const { dimensions } = compiled({ age: { range: [0, 100] } }, { joint });
  assert.deepEqual(dimensions[0], {
    name: 'age',
    kind: 'range',
    min: 0,
    max: 100,
    distribution: {
      kind: 'bands',
      bands: [
        { label: '0-64', min: 0, max: 64, weight: 0.75 },
        { label: '65+', min: 65, max: 100, weight: 0.25 },
      ],
    },
  });
});

test('a dimension of the base can be in a table', () => {
  const base = compiled({ age: { range: [0, 99], bands: { '0-49': 3, '50+': 1 } } }).dimensions;
  const given = { age: { '0-49': { car: 1, bus: 1 }, '50+': ['car'] } };
  const result = compiled({ travel: { given } }, { base });
  assertShares(shares(result.dimensions, 'travel'), { car: 0.625, bus: 0.375 });
  assertShares(shares(result.dimensions, 'age'), { '0-49': 0.75, '50+': 0.25 });
});

test('given: values in the order in which rows name them, shares by the parent’s', () => {
  const result = compiled({
    job: {
      given: { school: { primary: { farmer: 60, cook: 40 }, tertiary: { cook: '10%', teacher: '90%' } } },
    },
    school: { primary: 30, tertiary: 70, none: 0 },
  });
  assertShares(shares(result.dimensions, 'job'), { farmer: 0.18, cook: 0.12 + 0.07, teacher: 0.63 });
  assert.deepEqual(Object.keys(shares(result.dimensions, 'job')), ['farmer', 'cook', 'teacher']);
  assertShares(jointShares(result, 'school', 'job'), {
    'primary, farmer': 0.18,
    'primary, cook': 0.12,
    'tertiary, cook': 0.07,
    'tertiary, teacher': 0.63,
  });
});

test('given: chains, several children and a parent without weights are one joint', () => {
  const result = compiled({
    a: ['x', 'y'],
    b: { given: { a: { x: { p: 3, q: 1 }, y: ['q'] } } },
    c: { given: { b: { p: ['m'], q: { m: 1, n: 3 } } } },
    d: { given: { a: { x: ['s'], y: ['t'] } } },
    e: ['apart'],
  });
  assert.deepEqual(
    result.joints.map(({ dimensions }) => dimensions),
    [['a', 'b', 'c', 'd']],
  );
  assertShares(shares(result.dimensions, 'b'), { p: 0.375, q: 0.625 });
  assertShares(shares(result.dimensions, 'c'), { m: 0.375 + 0.625 / 4, n: (0.625 * 3) / 4 });
  // c depends on a through b alone, and d on a alone.
  const { 'x, q, n, s': share } = jointShares(result, 'a', 'b', 'c', 'd');
  assert.ok(Math.abs((share ?? 0) - (0.5 / 4) * 0.75) < 1e-12);
});

test('given: a child with weights of its own gets exactly these', () => {
  const given = { school: { primary: { farmer: 3, cook: 1 }, tertiary: { farmer: 1, cook: 1 } } };
  const result = compiled({
    school: { primary: 1, tertiary: 1 },
    job: { values: { cook: '20%', farmer: '80%' }, given },
  });
  assertShares(shares(result.dimensions, 'job'), { cook: 0.2, farmer: 0.8 });
  assertShares(shares(result.dimensions, 'school'), { primary: 0.5, tertiary: 0.5 });
});

test('given: a child that is a range takes its bands from the rows', () => {
  const { dimensions, joints } = compiled({
    school: { primary: 1, tertiary: 1 },
    income: { range: [0, 99], given: { school: { primary: { 'under 20': 1 }, tertiary: { '20+': 1 } } } },
  });
  const income = dimensions[1];
  assert.ok(income?.kind === 'range' && income.distribution?.kind === 'bands');
  assert.deepEqual(
    income.distribution.bands.map(({ label, min, max }) => [label, min, max]),
    [
      ['under 20', 0, 19],
      ['20+', 20, 99],
    ],
  );
  assert.equal(joints[0]?.cells.length, 2);
});

test('a given and a joint that share a dimension are one block', () => {
  const result = compiled(
    { sector: { given: { job: { cook: { food: 1 }, teacher: { school: 3, home: 1 } } } } },
    {
      joint: [
        { dimensions: ['g', 'job'], cells: { f: { teacher: 3, cook: 1 }, m: { teacher: 1, cook: 3 } } },
      ],
    },
  );
  assert.deepEqual(result.joints.length, 1);
  assertShares(shares(result.dimensions, 'sector'), { food: 0.5, school: 0.375, home: 0.125 });
  assertShares(jointShares(result, 'g', 'job'), {
    'f, teacher': 0.375,
    'f, cook': 0.125,
    'm, teacher': 0.125,
    'm, cook': 0.375,
  });
});

test('blocks that share nothing are joints of their own', () => {
  const cells = { a: { b: 1 } };
  const { joints } = compiled(
    {},
    {
      joint: [
        { dimensions: ['p', 'q'], cells },
        { dimensions: ['r', 's'], cells },
      ],
    },
  );
  assert.deepEqual(
    joints.map(({ dimensions }) => dimensions),
    [
      ['p', 'q'],
      ['r', 's'],
    ],
  );
});

test('huge and tiny weights of a table are no trouble', () => {
  const joint = [
    { dimensions: ['r', 'c'], cells: { a: { x: 1e308, y: 1e308 }, b: { x: 1e308, y: 1e-308 } } },
  ];
  const { dimensions } = compiled({}, { joint });
  assertShares(shares(dimensions, 'r'), { a: 2 / 3, b: 1 / 3 });
});
