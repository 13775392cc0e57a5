import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeState, encodeState, type StateKind } from '../../../src/shared/factory/state-codec.ts';

const schema = z.strictObject({
  type: z.literal('Box'),
  version: z.literal(2),
  label: z.string(),
  content: z.array(z.record(z.string(), z.json())),
});
const box: StateKind<z.infer<typeof schema>> = { type: 'Box', version: 2, schema };

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const content = fc.array(
  fc.dictionary(
    fc.string().filter((key) => !FORBIDDEN.has(key)),
    fc.jsonValue({ maxDepth: 3 }),
  ),
);

test('states survive the journey as text and as values', () => {
  fc.assert(
    fc.property(fc.string(), content, (label, content) => {
      fc.pre(!/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(content)));
      const state = encodeState(box, { label, content: JSON.parse(JSON.stringify(content)) });
      assert.deepEqual(decodeState(box, state), state);
      assert.deepEqual(decodeState(box, JSON.stringify(state)), state);
      assert.deepEqual(
        { type: state.type, version: state.version, label: state.label },
        { type: 'Box', version: 2, label },
      );
    }),
  );
});

test('encoding and decoding make deep copies', () => {
  const fields = { label: 'a', content: [{ n: 1 }] };
  const state = encodeState(box, fields);
  const decoded = decodeState(box, state);
  fields.content.push({ n: 2 });
  state.content[0] = { n: 3 };
  assert.deepEqual(decoded.content, [{ n: 1 }]);
});

test('fields cannot override the envelope', () => {
  const disguised = { label: 'a', content: [], type: 'Other', version: 99 };
  assert.equal(encodeState(box, disguised).version, 2);
});

test('a newer version is refused with both versions and what to do', () => {
  assert.throws(() => decodeState(box, { type: 'Box', version: 3, lid: true }), {
    name: 'FactoryStateError',
    path: '$.version',
    message: /has version 3, .* up to 2: upgrade/,
  });
});

test('a version that is no version is refused', () => {
  for (const version of [0, -1, 1.5, '2', null]) {
    assert.throws(() => decodeState(box, { type: 'Box', version }), { path: '$.version' });
  }
});

test('another type is refused with both types', () => {
  assert.throws(() => decodeState(box, { type: 'Crate', version: 1 }), /type "Box", got "Crate"/);
});

test('what is no state at all is refused', () => {
  for (const state of ['[]', 'null', '"Box"', 7, undefined, new Map()]) {
    assert.throws(() => decodeState(box, state), { name: 'FactoryStateError' });
  }
  assert.throws(() => decodeState(box, { version: 2 }), { path: '$.type' });
});

test('unknown, missing and wrong fields are all listed, and the path is that of the first', () => {
  assert.throws(() => decodeState(box, { type: 'Box', version: 2, label: 1, lid: true }), {
    path: '$.label',
    message: /\$\.label: .*string.*number; \$\.content: .*; \$: Unrecognized key: "lid"/,
  });
});

test('forbidden keys in text are found before the schema sees it', () => {
  const text = '{"type":"Box","version":2,"label":"a","content":[],"__proto__":{"label":"b"}}';
  assert.throws(() => decodeState(box, text), { path: '$.__proto__' });
});
