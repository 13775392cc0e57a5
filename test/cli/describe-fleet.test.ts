import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFleet } from '../../src/cli/describe-fleet.ts';
import type { ScopeStatus } from '../../src/shared/limits/scopes.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

const NOW = 1_900_000_000_000;

const scopeOf = (changes: Partial<ScopeStatus> = {}): ScopeStatus => ({
  id: '0123456789abcdef',
  model: 'gpt-4.1-mini',
  endpoint: 'api.openai.com',
  windowMs: 60_000,
  pausedReason: undefined,
  pausedMessage: undefined,
  waitingUntilMs: undefined,
  waitReason: undefined,
  requests: undefined,
  tokens: undefined,
  waiting: 0,
  inFlight: 0,
  ...changes,
});

const lineOf = (changes: Partial<ScopeStatus>) =>
  describeFleet({ nowMs: NOW, scopes: [scopeOf(changes)], spend: NOTHING_SPENT, budget: {} }).split('\n')[1];

test('limits in force, with what is used of them and who says so', () => {
  assert.equal(
    lineOf({
      requests: { limit: 600, from: 'configured', used: 480 },
      tokens: { limit: 200_000, from: 'learnt', used: 143_000 },
      inFlight: 12,
      waiting: 3,
    }),
    '  gpt-4.1-mini at api.openai.com: 480 of 600 requests/min, 71 % of 200,000 tokens/min (as the provider says), 12 calls in flight, 3 waiting',
  );
  assert.equal(lineOf({}), '  gpt-4.1-mini at api.openai.com: no limit is known');
  assert.match(
    lineOf({ windowMs: 2_500, requests: { limit: 6, from: 'configured', used: 0 } }) ?? '',
    /0 of 6 requests in 2\.5 s/,
  );
});

test('a pause says why, and how to go on', () => {
  assert.equal(
    lineOf({ pausedReason: 'quota', pausedMessage: 'the quota is used up', inFlight: 2 }),
    '  gpt-4.1-mini at api.openai.com: paused: the quota is used up; when that is mended, go on with: persona-fleet resume',
  );
});

test('a wait says how long, and for what', () => {
  assert.match(
    lineOf({ waitingUntilMs: NOW + 11_001, waitReason: 'rate_limited' }) ?? '',
    /: waits 12 s more: the provider limits the rate, no limit is known$/,
  );
});

test("the fleet's own spending, and its budget", () => {
  const spend = {
    ...NOTHING_SPENT,
    calls: 7,
    promptTokens: 1_000,
    cachedTokens: 500,
    nanoDollars: 2_500_000_000,
  };
  const text = describeFleet({ nowMs: NOW, scopes: [], spend, budget: { nanoDollars: 10_000_000_000 } });
  assert.equal(
    text,
    'fleet  7 model calls, 1,000 prompt tokens (500 cached, 50 %), 0 completion tokens, $2.50\n  budget $10.00, $7.50 left\n',
  );
});
