import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeStatus } from '../../src/cli/describe-status.ts';
import type { PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

const statusOf = (changes: Partial<PopulationStatus>): PopulationStatus => ({
  population: 'ab12',
  simulation: 'sim',
  state: 'running',
  reason: '',
  reasonCode: '',
  pruned: 0,
  lastCommitMs: undefined,
  size: 10,
  extents: [10],
  stateDigest: 'cd34',
  committed: 4,
  failed: 0,
  failedByReason: {},
  ...NOTHING_SPENT,
  calls: 5,
  promptTokens: 10_000,
  cachedTokens: 9_990,
  completionTokens: 4_000,
  budget: {},
  labels: { model: 'gpt-4.1-mini' },
  ...changes,
});

test('dollars, lost replies and the cached share are part of a status', () => {
  const text = describeStatus(
    statusOf({ nanoDollars: 12_340_000, lostCalls: 3, repairCalls: 1, inFlight: 2 }),
  );
  assert.match(
    text,
    /^ {2}5 model calls and 1 repair call, 3 whose reply was lost, 10,000 prompt tokens \(9,990 cached, 99 %\), 4,000 completion tokens, \$0\.01234, 2 calls in flight$/m,
  );
});

test('calls still in flight when nobody works any more are lost ones', () => {
  const lost = (state: PopulationStatus['state']) =>
    /(\d+) whose reply was lost/.exec(describeStatus(statusOf({ state, lostCalls: 1, inFlight: 2 })))?.[1];
  assert.deepEqual(
    ['running', 'paused', 'complete', 'cancelled'].map((state) => lost(state as 'paused')),
    ['1', '3', '3', '3'],
  );
});

test('dollars that nobody knows are unknown; the simulator has none', () => {
  assert.match(describeStatus(statusOf({ unpricedCalls: 5 })), /, dollars unknown$/m);
  assert.match(
    describeStatus(statusOf({ unpricedCalls: 2, nanoDollars: 5_000_000_000 })),
    /, \$5\.00 and what 2 calls of unknown price cost$/m,
  );
  const simulated = describeStatus(statusOf({ unpricedCalls: 5, labels: { model: 'simulated-1' } }));
  assert.doesNotMatch(simulated, /\$|unknown/);
});

test('a budget, what is left of it, and how it is raised', () => {
  const text = describeStatus(
    statusOf({
      state: 'paused',
      reason: 'the budget of $1.00 is reached: $0.99 are spent, and the next call may take $0.02',
      budget: { nanoDollars: 1_000_000_000, tokens: 50_000 },
      nanoDollars: 990_000_000,
    }),
  );
  assert.match(text, /^ {2}budget \$1\.00, \$0\.01 left; 50,000 tokens, 36,000 left$/m);
  assert.match(
    text,
    /^ {2}raise the budget in the spec, or go on with: persona-fleet resume ab12 --simulation sim --budget-usd 2$/m,
  );
});

test('the budget that was reached is the one to raise; that of the fleet is raised with its workers', () => {
  const budget = { nanoDollars: 1_000_000_000, tokens: 500_000 };
  const wayOf = (reason: string) => describeStatus(statusOf({ state: 'paused', reason, budget }));
  assert.match(
    wayOf('the budget of 500000 tokens is reached: …'),
    / ab12 --simulation sim --budget-tokens 1000000$/m,
  );
  assert.match(
    wayOf("the fleet's budget of $9.00 is reached: …"),
    /^ {2}when PERSONA_FLEET_BUDGET_USD or PERSONA_FLEET_BUDGET_TOKENS of the workers is raised, go on with: persona-fleet resume ab12 --simulation sim$/m,
  );
});

test('any other pause is gone on with once it is mended', () => {
  const text = describeStatus(statusOf({ state: 'paused', reason: 'the key was refused' }));
  assert.match(text, /^ {2}when that is mended, go on with: persona-fleet resume ab12 --simulation sim$/m);
  assert.doesNotMatch(describeStatus(statusOf({})), /resume/);
});

test('the smallest budget that is suggested is twice what it was, or what the next call needs', () => {
  const wayOf = (reason: string, budget: PopulationStatus['budget']) =>
    / (--budget-\S+ \S+)$/m.exec(describeStatus(statusOf({ state: 'paused', reason, budget })))?.[1];
  const next = 'is reached: $0.025 are spent, and the next call may take $0.01';
  assert.equal(wayOf(`the budget of $0.03 ${next}`, { nanoDollars: 30_000_000 }), '--budget-usd 0.06');
  assert.equal(wayOf(`the budget of $0.0333 ${next}`, { nanoDollars: 33_333_333 }), '--budget-usd 0.067');
  assert.equal(
    wayOf('the budget of $0.00 is reached: $0.00 are spent, and the next call may take $0.0123', {
      nanoDollars: 0,
    }),
    '--budget-usd 0.013',
  );
  assert.equal(
    wayOf(
      'the budget of 1000 tokens is reached: 900 tokens are spent, and the next call may take 6001 tokens',
      {
        tokens: 1_000,
      },
    ),
    '--budget-tokens 7000',
  );
  assert.equal(wayOf('the budget of 0 tokens is reached', { tokens: 0 }), '--budget-tokens 100000');
});

test('what one failure of each reason said is shown on one line', () => {
  const text = describeStatus(statusOf({ failed: 3, failedByReason: { bad_response: 3 } }), {
    bad_response: 'the endpoint answered with HTML:\n  set OPENAI_BASE_URL up to /v1',
  });
  assert.match(text, /^ {4}bad_response: the endpoint answered with HTML: set OPENAI_BASE_URL up to \/v1$/m);
});

test('people who were pruned, and where they are', () => {
  assert.doesNotMatch(describeStatus(statusOf({})), /pruned/);
  assert.match(
    describeStatus(
      statusOf({ committed: 4_000, size: 5_000, pruned: 3_210, prunedTo: '/data/people.jsonl' }),
    ),
    /^ {2}3,210 pruned to \/data\/people\.jsonl$/m,
  );
});
