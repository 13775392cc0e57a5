import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExitCode, UserError } from '../../../src/shared/errors.ts';
import {
  copyUntrustedJson,
  FactoryStateError,
  parseUntrustedJson,
  stateLimits,
} from '../../../src/shared/factory/untrusted-json.ts';

/** Arrays inside arrays; the innermost is empty. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

test('forbidden keys are refused wherever they stand, in text and in values', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const text = `{"a":[0,{"${key}":{"polluted":true}}]}`;
    const expected = { name: 'FactoryStateError', path: `$.a[1].${key}` };
    assert.throws(() => parseUntrustedJson(text), expected);
    assert.throws(() => copyUntrustedJson(JSON.parse(text)), expected);
  }
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

test('an escaped spelling of a forbidden key is the same key', () => {
  assert.throws(() => parseUntrustedJson('{"\\u005f_proto__":1}'), { path: '$.__proto__' });
});

test('keys that merely exist on Object.prototype are ordinary keys', () => {
  const copy = parseUntrustedJson('{"toString":1,"hasOwnProperty":2}');
  assert.equal(JSON.stringify(copy), '{"toString":1,"hasOwnProperty":2}');
});

test('nesting up to the limit passes, one level more is refused, and so is text that would exhaust a stack', () => {
  const { maxDepth } = stateLimits;
  assert.doesNotThrow(() => parseUntrustedJson(nested(maxDepth)));
  assert.throws(() => parseUntrustedJson(nested(maxDepth + 1)), /at most 32 levels of nesting/);
  assert.throws(() => parseUntrustedJson(nested(400_000)), /at most 32 levels of nesting/);
});

test('two megabytes are refused, as text and as a value', () => {
  const large = { context: 'x'.repeat(2 * 1024 * 1024) };
  assert.throws(
    () => parseUntrustedJson(JSON.stringify(large)),
    /at most 1048576 bytes of JSON, got 2097166/,
  );
  assert.throws(() => copyUntrustedJson(large), { name: 'FactoryStateError', path: '$.context' });
});

test('a small graph that unfolds into a huge tree is refused before it has unfolded', () => {
  let value: unknown = 'ha';
  for (let level = 0; level < 30; level += 1) value = [value, value, value, value];
  assert.throws(() => copyUntrustedJson(value), /at most 1048576 bytes/);
});

test('a value that contains itself is refused', () => {
  const value: unknown[] = [];
  value.push(value);
  assert.throws(() => copyUntrustedJson(value), /levels of nesting/);
});

test('the bytes counted are those of the compact text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value)));
      const text = JSON.stringify(copyUntrustedJson(value));
      const maxBytes = Buffer.byteLength(text);
      assert.doesNotThrow(() => copyUntrustedJson(value, { ...stateLimits, maxBytes }));
      assert.throws(
        () => copyUntrustedJson(value, { ...stateLimits, maxBytes: maxBytes - 1 }),
        FactoryStateError,
      );
    }),
  );
});

test('copies share nothing with their source', () => {
  const source = { list: [{ deep: [1] }] };
  const copy = copyUntrustedJson(source);
  source.list[0]?.deep.push(2);
  assert.deepEqual(copy, { list: [{ deep: [1] }] });
});

test('what JSON lacks is refused with its path', () => {
  assert.throws(() => copyUntrustedJson({ a: [undefined] }), { path: '$.a[0]' });
  assert.throws(() => copyUntrustedJson({ when: new Date(0) }), /\$\.when, got an instance of Date/);
  assert.throws(() => copyUntrustedJson({ n: Number.NaN }), /\$\.n, got NaN/);
});

test('a negative zero becomes the zero that its text would give', () => {
  assert.ok(Object.is((copyUntrustedJson([-0]) as number[])[0], 0));
});

test('a getter is read once, so it cannot pass the check and then change', () => {
  let reads = 0;
  const sly = {
    get value() {
      reads += 1;
      return reads === 1 ? 'harmless' : { ['__proto__']: {} };
    },
  };
  assert.deepEqual(copyUntrustedJson(sly), { value: 'harmless' });
  assert.equal(reads, 1);
});

test('text that is not JSON is a user error with exit code 2', () => {
  assert.throws(
    () => parseUntrustedJson('{"a":'),
    (error) => error instanceof UserError && error.exitCode === ExitCode.badInput,
  );
  assert.deepEqual(parseUntrustedJson('\uFEFF{"a":1}'), { a: 1 });
});

test('a hostile key is cut in the message', () => {
  assert.throws(
    () => parseUntrustedJson(JSON.stringify({ ['k'.repeat(5000)]: { prototype: 1 } })),
    (error) => error instanceof FactoryStateError && error.message.length < 300,
  );
});
