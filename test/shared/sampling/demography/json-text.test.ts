import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJsonText } from '../../../../src/shared/sampling/demography/json-text.ts';

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), null, indent);
      assert.deepEqual(parseJsonText(`\uFEFF${text}`), JSON.parse(text));
    }),
  );
});

test('a key twice in one object is refused with its place, however it is written', () => {
  for (const [text, key, place] of [
    ['{"a":1,"a":2}', '"a"', 'line 1, column 8'],
    ['{"b":[{"c":{},\n "\\u0063":2}]}', '"c"', 'line 2, column 2'],
    ['{"\\"":1,"x":["\\"","\\\\"],"\\"":2}', '"\\""', 'line 1, column 25'],
    ['{"":1,"a":{"":1},"":2}', '""', 'line 1, column 18'],
  ] as const) {
    assert.throws(() => parseJsonText(text), {
      name: 'SyntaxError',
      message: `the key ${key} is there twice, again at ${place}: keep one, or rename it`,
    });
  }
});

test('the same key in other objects, and as a value, is none', () => {
  const text = '{"a":{"a":"a"},"b":[{"a":1},{"a":["a","a"]}],"A":"a"}';
  assert.deepEqual(parseJsonText(text), JSON.parse(text));
});

test('a token that is out of place comes with its line and column', () => {
  for (const [text, expected] of [
    ['{"a": }', 'Unexpected token "}" at line 1, column 7'],
    ['{\n  "a": 1,\n  "b": x\n}', 'Unexpected token "x" at line 3, column 8'],
    ['half of them', 'Unexpected token "h" at line 1, column 1'],
    [
      '{"a": NaN}',
      'Unexpected token "N" at line 1, column 7; JSON has no NaN or Infinity: write a number, or leave the key out',
    ],
  ] as const) {
    assert.throws(() => parseJsonText(text), { name: 'SyntaxError', message: expected });
  }
});

test('depth does not overflow', () => {
  const depth = 100_000;
  assert.doesNotThrow(() => parseJsonText(`${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`));
});
