import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPromptSchemas } from '../../src/simulator/schema-in-prompt.ts';

const find = (...texts: string[]) => createPromptSchemas().find(texts.map((text) => ({ text })))?.schema;

test('the last schema of the last message that has one is found, whole', () => {
  const first = { type: 'object', properties: { a: { type: 'string' } } };
  const last = { type: 'object', properties: { b: first } };
  assert.deepEqual(find(`One: ${JSON.stringify(first)} two: ${JSON.stringify(last, null, 2)}.`), last);
  assert.deepEqual(find(JSON.stringify(last), JSON.stringify(first), 'no schema'), first);
});

test('no schema: other JSON, a schema cut short, properties that are a list, talk of "properties"', () => {
  for (const text of ['{"a": {}}', '{"properties": {"a": {}', '{"properties": []}', 'its "properties" {'])
    assert.equal(find(text), undefined, text);
});

test('a schema is found whatever its texts hold and whatever stands around it', () => {
  const trickyText = fc
    .array(fc.constantFrom('{', '}', '"', '\\', '\\"', 'a', '\n', '{"', '"}'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(trickyText, fc.constantFrom('', '{', '}', '{ not JSON } ', '{"x": 1} '), (text, before) => {
      const schema = { type: 'object', properties: { [`p${text}`]: { description: text } } };
      assert.deepEqual(find(`${before}${JSON.stringify(schema)}${text}`), schema);
    }),
    { numRuns: 300 },
  );
});

test('a prompt of braces is given up, not searched for minutes', () => {
  assert.equal(find(`"properties"${'{'.repeat(100_000)}`), undefined);
});
