import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertShares, compiled, faults, shares } from './described.ts';

const square = { a: { x: 1, y: 1 }, b: { x: 1, y: 1 } };

function assertFaults(found: readonly string[], expected: readonly RegExp[]): void {
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
}

test('joints: every fault of writing, with its place', () => {
  const deep = { a: { x: { more: 1 } } };
  for (const [joint, ...expected] of [
    [
      { dimensions: ['r', 'c'], cells: square },
      /^joint: expected a list of tables, each \{ dimensions: .* got a map$/,
    ],
    [[3], /^joint\.0: expected \{ dimensions: .* got 3$/],
    [
      [{ dimensions: ['r'], cells: {} }],
      /^joint\.0\.dimensions: expected a list of 2 to 20 different names .* got "r"$/,
    ],
    [[{ dimensions: ['r', 'r'], cells: {} }], /^joint\.0\.dimensions: .* got "r", "r"$/],
    [[{ dimensions: 'r', cells: {} }], /^joint\.0\.dimensions: .* got "r"$/],
    [[{ dimensions: ['r', 4], cells: {} }], /^joint\.0\.dimensions: .* got a list of 2$/],
    [
      [{ dimensions: ['r', '__proto__'], cells: square }],
      /^joint\.0\.dimensions: "__proto__" cannot be the name/,
    ],
    [[{ dimensions: ['r', 'c'], cells: square, unit: 1 }], /^joint\.0\.unit: unknown key/],
    [[{ dimensions: ['r', 'c'] }], /^joint\.0\.cells: expected nested maps .* got nothing$/],
    [
      [{ dimensions: ['r', 'c'], cells: { a: 3 } }],
      /^joint\.0\.cells\.a: expected a map of "c" → weight, got 3$/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: deep }],
      /^joint\.0\.cells\.a\.x: expected a weight, got a map: the table is over 2 dimensions/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: { a: { x: -1 } } }],
      /^joint\.0\.cells\.a\.x: expected a weight of 0 or more, got -1$/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: { a: { x: 0 } } }],
      /^joint\.0\.cells: expected weights that sum to more than nothing/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: {} }],
      /^joint\.0\.cells: expected weights that sum to more than nothing/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: { a: { x: '3%', y: 1 } } }],
      /^joint\.0\.cells: unit error: the weight of "a, x" is a percentage and the weight of "a, y" is not/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: { a: { x: 1, 'x ': 1 } } }],
      /^joint\.0\.cells\.a\.x : expected every combination once, got "a, x" again$/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: [{ r: 'a', weight: 1 }] }],
      /^joint\.0\.cells\.0: expected \{ r: …, c: …, weight: … \}, got the keys "r", "weight"$/,
    ],
    [[{ dimensions: ['r', 'c'], cells: ['a'] }], /^joint\.0\.cells\.0: expected \{ r: .* got "a"$/],
    [
      [{ dimensions: ['r', 'weight'], cells: [] }],
      /^joint\.0\.cells: expected nested maps: in a list, "weight" cannot be/,
    ],
    [
      [{ dimensions: ['r', 'c'], cells: [{ r: 'a', c: null, weight: 1 }] }],
      /^joint\.0\.cells\.0\.c: expected a value: /,
    ],
    [[{ dimensions: ['r', 'c'], cells: { a: 3 } }, 4], /^joint\.0\.cells\.a: /, /^joint\.1: /],
  ] as const) {
    assertFaults(faults({}, { joint }), expected);
  }
});

test('tables and dimensions that do not know each other', () => {
  const joint = [{ dimensions: ['r', 'c'], cells: square }];
  const normal = { range: [0, 9], normal: { mean: 5, sd: 2 } };
  for (const [described, ...expected] of [
    [{ r: { a: 1, z: 1 } }, /^joint\.0\.cells\.b: expected a value of "r", one of "a", "z", got "b"$/],
    [
      { r: { range: [0, 9], bands: { '0-4': 1 } } },
      /^joint\.0\.cells\.a: expected a value of "r", one of "0-4", got "a"$/,
      /\.b: /,
    ],
    [{ r: { range: [0, 9] } }, /^joint\.0\.cells\.a: expected a band/, /cells\.b: expected a band/],
    [
      { r: normal },
      /^joint\.0\.cells\.a: "r" has a normal distribution, which has no cells to depend on: give it bands$/,
    ],
  ] as const) {
    assertFaults(faults(described, { joint }), expected);
  }
});

test('given: every fault, with its place', () => {
  const rows = { primary: { farmer: 1 }, tertiary: { cook: 1 } };
  const school = { primary: 1, tertiary: 1 };
  for (const [described, ...expected] of [
    [{ job: { given: 3 }, school }, /^dimensions\.job: "given": expected a list of values/],
    [
      { job: { given: ['school'] }, school },
      /^dimensions\.job\.given: expected a map of one dimension .* got a list of 1$/,
    ],
    [{ job: { given: {} }, school }, /^dimensions\.job\.given: .* got an empty map$/],
    [
      { job: { given: { school: rows, age: rows } } },
      /^dimensions\.job\.given: .* got 2 dimensions; a table over several belongs under "joint"$/,
    ],
    [
      { job: { given: { school: {} } }, school },
      /^dimensions\.job\.given\.school: expected a map of value → weights, got an empty map$/,
    ],
    [
      { job: { given: { school: { primary: 3 } } }, school },
      /^dimensions\.job\.given\.school\.primary: expected a list of values or/,
    ],
    [
      { job: { given: { school: { primary: { a: 0 } } } }, school },
      /\.school\.primary: expected weights that sum to more than nothing/,
    ],
    [
      { job: { given: { school: rows } }, town: ['x'] },
      /^dimensions\.job\.given\.school: there is no dimension "school"; there are "job", "town"$/,
    ],
    [
      { job: { given: { school: { ...rows, none: { cook: 1 } } } }, school },
      /^dimensions\.job\.given\.school\.none: expected a value of "school", one of "primary", "tertiary", got "none"$/,
    ],
    [
      { job: { given: { school: { primary: ['cook'] } } }, school },
      /^dimensions\.job\.given\.school: expected a row for every value of "school", and there is none for "tertiary"$/,
    ],
    [
      { job: { given: { school: { ...rows, ' primary': ['cook'] } } }, school },
      /\.school\. primary: expected one row for every value, got "primary" again$/,
    ],
    [
      { job: { values: ['cook'], given: { school: rows } }, school },
      /^dimensions\.job\.given\.school\.primary\.farmer: expected a value of "job", one of "cook", got "farmer"$/,
    ],
    [
      { job: { range: [0, 9], normal: { mean: 5, sd: 2 }, given: { school: rows } }, school },
      /^dimensions\.job: expected bands, or no distribution at all, beside "given"/,
    ],
    [
      { job: { given: { job: { a: ['a'] } } } },
      /^dimensions\.job\.given\.job: expected no circle, but "job" is given "job": leave one/,
    ],
    [
      {
        a: { given: { c: { z: ['x'] } } },
        b: { given: { a: { x: ['y'] } } },
        c: { given: { b: { y: ['z'] } } },
      },
      /^dimensions\.a\.given\.c: expected no circle, but "a" is given "c" is given "b" is given "a": leave one of these out$/,
    ],
  ] as const) {
    assertFaults(faults(described), expected);
  }
});

test('contradictions name both sides', () => {
  const joint = (...tables: [dimensions: string[], cells: object][]) => ({
    joint: tables.map(([dimensions, cells]) => ({ dimensions, cells })),
  });
  const equal = { a: { x: 1 }, b: { y: 1 } };
  const crossed = { a: { b: 1 }, b: { a: 1 } };
  for (const [described, options, ...expected] of [
    [
      { age: { young: 90, old: 10 } },
      joint([['age', 'g'], { young: { f: 1, m: 2 } }]),
      /^joint\.0: contradicts dimensions\.age: "old" has 10 % there, and this gives it nothing$/,
    ],
    [
      { r: { a: 50, b: 50 }, c: { x: 90, y: 10 } },
      joint([['r', 'c'], { a: { x: 1, y: 1 }, b: { y: 1 } }]),
      /^joint\.0: contradicts dimensions\.r: "b" has 50 % there, and this cannot be scaled to that: it comes to 10 %/,
    ],
    [
      {},
      joint([['a', 'b'], { p: { x: 1, y: 1 } }], [['b', 'c'], { x: { m: 2 }, y: { m: 3 } }]),
      /^joint\.1: contradicts joint\.0: "x" of "b" has 50 % there and 40 % here; state the weights of "b" in dimensions\.b/,
    ],
    [
      { c: { given: { p: { x: { m: 1, n: 1 } } } }, p: ['x'] },
      joint([['c', 'd'], { m: { s: 1 }, n: { s: 3 } }]),
      /^dimensions\.c\.given\.p: contradicts joint\.0: "m" of "c" has 25 % there and 50 % here/,
    ],
    [
      { c: { values: { m: 1, n: 1 }, given: { p: { x: ['m'] } } }, p: ['x'] },
      {},
      /^dimensions\.c\.given\.p: contradicts dimensions\.c: "n" has 50 % there, and this gives it nothing$/,
    ],
    [
      {},
      joint([['r', 'c'], equal], [['c', 'd'], { x: { a: 1 }, y: { b: 1 } }], [['d', 'r'], crossed]),
      /^joint\.0: contradicts joint\.1 and joint\.2: "r" "a" with "c" "x" has 50 % here, and 0 % is all that is left/,
    ],
    [
      {},
      joint(
        [['r', 'c', 'd'], { a: { x: { u: 1 } }, b: { y: { u: 1 } } }],
        [['r', 'c', 'e'], { a: { y: { v: 1 } }, b: { x: { v: 1 } } }],
        [['e', 'f'], { v: { w: 1 } }],
      ),
      /^joint\.0: contradicts joint\.1: "r" "a" with "c" "x" with "d" "u" has 50 % here, and 0 % is all that is left/,
    ],
  ] as const) {
    assertFaults(faults(described, options), expected);
  }
});

test('tables that disagree agree once the weights of what they share are stated', () => {
  const joint = [
    { dimensions: ['a', 'b'], cells: { p: { x: 1, y: 1 } } },
    { dimensions: ['b', 'c'], cells: { x: { m: 2 }, y: { m: 3 } } },
  ];
  const result = compiled({ b: { x: 1, y: 3 } }, { joint });
  assertShares(shares(result.dimensions, 'b'), { x: 0.25, y: 0.75 });
});

test('blocks that are too large are refused with advice, before they are built', () => {
  const values = Array.from({ length: 400 }, (_, index) => `v${index}`);
  const row = Object.fromEntries(values.map((value) => [value, 1]));
  const rows = Object.fromEntries(values.map((value) => [value, row]));
  const cells = Object.fromEntries(values.slice(0, 300).map((value) => [value, row]));
  assertFaults(faults({}, { joint: [{ dimensions: ['a', 'b'], cells }] }), [
    /^joint\.0\.cells\.v50\.v0: expected at most 20000 cells in a table, got more$/,
  ]);
  assertFaults(faults({ a: values, b: { given: { a: rows } } }), [
    /^dimensions\.b\.given\.a: expected dimensions that depend on each other to have at most 20000 combinations, and "a", "b" have more: use fewer/,
  ]);
  const pair = Object.fromEntries(
    values.slice(0, 50).map((v) => [v, Object.fromEntries(values.slice(0, 50).map((w) => [w, 1]))]),
  );
  assertFaults(
    faults(
      {},
      {
        joint: [
          { dimensions: ['a', 'b'], cells: pair },
          { dimensions: ['b', 'c'], cells: pair },
        ],
      },
    ),
    [
      /^joint\.1: expected dimensions that depend on each other to have at most 20000 combinations, and "a", "b", "c" have more/,
    ],
  );
  const chain = Object.fromEntries(
    Array.from({ length: 21 }, (_, index) => [
      `d${index}`,
      index === 0 ? ['x'] : { given: { [`d${index - 1}`]: { x: ['x'] } } },
    ]),
  );
  assertFaults(faults(chain), [
    /^dimensions\.d1\.given\.d0: expected at most 20 dimensions that depend on each other .* got 21/,
  ]);
});
