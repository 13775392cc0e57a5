import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outermostSpan } from '../../../src/worker/answer/json-span.ts';

for (const [text, span, more] of [
  ['{"a":1}', '{"a":1}', {}],
  ['see {x} and {"a":1}.', '{"a":1}', {}],
  ['{"a":{"b":"}"}} }', '{"a":{"b":"}"}}', {}],
  ['"quoted" {"a":"\\"{"}', '{"a":"\\"{"}', {}],
  ['[1] {"a":[]}', '{"a":[]}', {}],
  ['{} [1,2]', '[1,2]', { isList: true }],
  ['{"a":[1', '{"a":[1', {}],
  ['{"a":1\n```', '{"a":1\n', {}],
  ['{"a":"b', '{"a":"b', { isCutInText: true }],
  ['{"a":"b"c"}\n```', '{"a":"b"c"}', {}],
  ['{"a":"{b} c', '{"a":"{b} c', { isCutInText: true }],
] as const) {
  test(`in ${JSON.stringify(text)} it is ${span}`, () => {
    assert.deepEqual(outermostSpan(text), { text: span, isList: false, isCutInText: false, ...more });
  });
}

test('a text without brackets has none', () => {
  for (const text of ['', 'Sorry.', '}', ']]', '"{"'.slice(0, 1)])
    assert.equal(outermostSpan(text), undefined);
});
