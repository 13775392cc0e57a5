import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, digest } from '../../../src/shared/factory/canonical-json.ts';

test('keys are sorted at every level, by UTF-16 code units, and nothing is spaced', () => {
  const value = { b: [{ z: 1, a: null }], a: 'x', '€': 1, '\r': 2, '1': 3, '😀': 4, ö: 5 };
  assert.equal(canonicalJson(value), '{"\\r":2,"1":3,"a":"x","b":[{"a":null,"z":1}],"ö":5,"€":1,"😀":4}');
});

test('numbers and strings are printed as RFC 8785 asks', () => {
  assert.equal(
    canonicalJson(JSON.parse('[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0]')),
    '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
  );
  assert.equal(canonicalJson('€$\u000f\nA\'B"\\\\"/'), '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
});

test('the order in which keys were added changes neither text nor digest', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonicalJson(reversed), canonicalJson(value));
      assert.equal(digest(reversed), digest(value));
    }),
  );
});

test('the text is JSON and keeps the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what JSON would drop or change is refused with its path', () => {
  const cases: [unknown, RegExp][] = [
    [{ a: { 'b c': [1, undefined] } }, /at \$\.a\["b c"\]\[1\], got undefined/],
    [{ f: () => 1 }, /at \$\.f, got a function/],
    [[Number.NaN], /at \$\[0\], got NaN/],
    [{ n: Number.POSITIVE_INFINITY }, /at \$\.n, got Infinity/],
    [{ n: 1n }, /at \$\.n, got a bigint/],
    [{ s: Symbol('s') }, /at \$\.s, got a symbol/],
    [{ m: new Map([[1, 2]]) }, /at \$\.m, got an instance of Map/],
    [{ d: new Date(0) }, /at \$\.d, got an instance of Date/],
    [new Array(2), /at \$\[0\], got undefined/],
    [undefined, /at \$, got undefined/],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => canonicalJson(value), { name: 'TypeError', message });
  }
});

test('a value that contains itself is refused', () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  assert.throws(() => canonicalJson(value), /contains itself/);
});

test('digests are the SHA-256 of the text in hex, cut to the length asked for', () => {
  assert.equal(digest({ b: 2, a: 1 }), '43258cff783fe7036d8a43033f830adf');
  assert.equal(
    digest({ b: 2, a: 1 }, 64),
    '43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777',
  );
  assert.notEqual(digest({ a: '1' }), digest({ a: 1 }));
});
