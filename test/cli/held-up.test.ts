import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whatHoldsUp } from '../../src/cli/held-up.ts';
import type { ScopeStatus } from '../../src/shared/limits/scopes.ts';

const NOW = 1_900_000_000_000;

const holding = (...scopes: Partial<ScopeStatus>[]) =>
  whatHoldsUp(
    {
      nowMs: NOW,
      scopes: scopes.map((changes) => ({
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
      })),
    },
    'gpt-4.1-mini',
  );

test('a pause holds up a model, and so does a wait; those of another model do not', () => {
  const wait = { waitingUntilMs: NOW + 3_000, waitReason: 'failing' } as const;
  assert.equal(holding({}), undefined);
  assert.equal(holding({ ...wait, model: 'another' }), undefined);
  assert.equal(holding(wait)?.text, 'waits 3 s more: the provider is failing');
  assert.equal(holding(wait, { pausedReason: 'auth', pausedMessage: 'no key' })?.text, 'paused: no key');
});

test('calls that wait for a limit are paced; nobody is where none wait, or no limit is known', () => {
  const requests = { limit: 30, from: 'configured', used: 3 } as const;
  assert.equal(holding({ requests }), undefined);
  assert.equal(holding({ waiting: 1 }), undefined);
  assert.deepEqual(holding({ requests, waiting: 1 }), {
    text: 'paced at 30 requests/min',
    pace: { callsPerSecond: 0.5 },
  });
  const tokens = { limit: 60_000, from: 'learnt', used: 50_000 } as const;
  assert.deepEqual(holding({ requests, tokens, waiting: 1 }), {
    text: 'paced at 60,000 tokens/min',
    pace: { callsPerSecond: 0.5, tokensPerSecond: 1_000 },
  });
});
