import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSeenLimits } from '../../../src/worker/llm/seen-limits.ts';

function seen(headers: Record<string, string>) {
  const read = readSeenLimits(new Headers(headers));
  if (read === undefined) return undefined;
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

test('limits, what remains of them and when they are whole again', () => {
  const headers = {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-limit-tokens': '150000',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-remaining-tokens': ' 149984 ',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-reset-tokens': '6m0s',
  };
  assert.deepEqual(seen(headers), {
    limitRequests: 60,
    limitTokens: 150_000,
    remainingRequests: 59,
    remainingTokens: 149_984,
    resetRequestsMs: 1_000,
    resetTokensMs: 360_000,
  });
});

for (const [text, ms] of [
  ['12ms', 12],
  ['7.66s', 7_660],
  ['2m59.56s', 179_560],
  ['1h2m3s', 3_723_000],
  ['1d', 86_400_000],
  ['0', 0],
  ['20', 20_000],
] as const) {
  test(`a reset of ${text} is ${ms} ms`, () => {
    assert.deepEqual(seen({ 'x-ratelimit-reset-requests': text }), { resetRequestsMs: ms });
  });
}

test('what cannot be read is not there, and without anything there is nothing', () => {
  for (const text of ['', 'soon', '-1', '1.5', '1e9', '99999999999999999999', 'Infinity']) {
    assert.equal(seen({ 'x-ratelimit-limit-requests': text }), undefined, text);
  }
  for (const text of ['', 'soon', '-1s', '1x', 's', '1s soon', '1e3', '9'.repeat(40)]) {
    assert.equal(seen({ 'x-ratelimit-reset-requests': text }), undefined, text);
  }
  assert.equal(seen({ 'x-ratelimit-limit': '60', 'content-type': 'text/html' }), undefined);
});
