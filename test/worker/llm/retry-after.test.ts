import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../../src/worker/llm/retry-after.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const asked = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), NOW);

test('milliseconds come before seconds, seconds before a date', () => {
  assert.equal(asked({ 'retry-after-ms': '30', 'retry-after': '5' }), 30);
  assert.equal(asked({ 'retry-after': '5' }), 5_000);
  assert.equal(asked({ 'retry-after': '0.25' }), 250);
  assert.equal(asked({ 'retry-after': ' 7 ' }), 7_000);
  assert.equal(asked({ 'retry-after': 'Tue, 01 Jan 2030 00:00:09 GMT' }), 9_000);
});

test('0 is an answer, and another one than none', () => {
  assert.equal(asked({ 'retry-after-ms': '0' }), 0);
  assert.equal(asked({ 'retry-after': '0' }), 0);
  assert.equal(asked({}), undefined);
  assert.equal(retryAfterMs(undefined, NOW), undefined);
});

test('a date that has passed asks for nothing', () => {
  assert.equal(asked({ 'retry-after': 'Mon, 31 Dec 2029 23:59:59 GMT' }), 0);
});

test('nobody means more than an hour', () => {
  assert.equal(asked({ 'retry-after-ms': '99999999999' }), 3_600_000);
  assert.equal(asked({ 'retry-after': '1e9' }), undefined);
  assert.equal(asked({ 'retry-after': '86400' }), 3_600_000);
  assert.equal(asked({ 'retry-after': 'Wed, 02 Jan 2030 00:00:00 GMT' }), 3_600_000);
});

test('what is neither a number nor a date says nothing, and does not hide what does', () => {
  for (const text of [
    'soon, probably',
    '-5',
    'NaN',
    'Infinity',
    '0x10',
    '5s',
    '5 6',
    '2030-01-01',
    '',
    ',',
  ]) {
    assert.equal(asked({ 'retry-after': text }), undefined, text);
    assert.equal(asked({ 'retry-after-ms': text, 'retry-after': '2' }), 2_000, text);
  }
});
