import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodePayload, encodePayload } from '../../../src/shared/transactions/payload.ts';

test('what is encoded is decoded, whatever JSON it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value));
      assert.deepEqual(decodePayload(encodePayload(json)), json);
    }),
  );
});

test('the same value is the same bytes', () => {
  assert.deepEqual(encodePayload({ name: 'Ann' }), encodePayload({ name: 'Ann' }));
});

test('an unknown format and damaged bytes are refused', () => {
  const payload = encodePayload({ name: 'Ann' });
  assert.throws(() => decodePayload(Buffer.from([9, ...payload.subarray(1)])), /has format 9/);
  assert.throws(() => decodePayload(Buffer.alloc(0)), /has format undefined/);
  assert.throws(() => decodePayload(payload.subarray(0, payload.length - 3)));
});

test('the dictionary of format 1 is what stored results were made with, and results of the first release can be read', () => {
  const file = readFileSync(
    new URL('../../../src/shared/transactions/payload-dictionary-1.txt', import.meta.url),
  );
  assert.equal(
    createHash('sha256').update(file).digest('hex'),
    '768a1bd0b16f0171a7880dd07714d33f561583f359f0dc62c0146da43e718052',
  );
  const stored = Buffer.from('ASi1L/0gQPUAAFh7QW5uIEwuIl19fQUAoIMeDAsGIuhV1jwmqog4Vw==', 'base64');
  assert.deepEqual(decodePayload(stored), { persona: { name: 'Ann Lee', beliefs: ['Family comes first.'] } });
});
