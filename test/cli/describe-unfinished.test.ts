import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeUnfinished, resumeCommand } from '../../src/cli/describe-unfinished.ts';
import type { PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

test('the command to go on with is the same one, quoted for a shell, without --fresh', () => {
  assert.equal(
    resumeCommand("my town's.yaml", {
      count: 500,
      seed: 'a b',
      workers: 0,
      concurrency: 4,
      out: 'out/$HOME.csv',
      format: 'csv',
      fresh: true,
      yes: true,
      json: true,
    }),
    `persona-fleet generate 'my town'\\''s.yaml' --count 500 --seed 'a b' --workers 0 --concurrency 4 --out 'out/$HOME.csv' --format csv --yes --json`,
  );
});

test('what was not given is not in it', () => {
  assert.equal(
    resumeCommand('examples/a.yaml', { format: 'jsonl' }),
    'persona-fleet generate examples/a.yaml',
  );
  assert.equal(
    resumeCommand('a.yaml', { seed: '', format: 'jsonl' }),
    "persona-fleet generate a.yaml --seed ''",
  );
});

const paused = (reason: string): PopulationStatus => ({
  population: 'ab12',
  simulation: 'sim',
  state: 'paused',
  reason,
  reasonCode: 'budget',
  pruned: 0,
  lastCommitMs: undefined,
  size: 10,
  extents: [10],
  stateDigest: 'cd34',
  committed: 4,
  failed: 0,
  failedByReason: {},
  ...NOTHING_SPENT,
  budget: { nanoDollars: 1_000_000_000 },
  labels: {},
});

test('a budget that is spent is raised in the spec; another pause is mended', () => {
  const lineOf = (reason: string) =>
    describeUnfinished({ statuses: [paused(reason)], specPath: 'a.yaml', options: { format: 'jsonl' } });
  assert.equal(
    lineOf('the budget of $1.00 is reached'),
    'paused: the budget of $1.00 is reached. 4 of 10 people are committed; raise the budget in a.yaml, and go on with: persona-fleet generate a.yaml',
  );
  assert.equal(
    lineOf('the quota is used up'),
    'paused: the quota is used up. 4 of 10 people are committed; when that is mended, go on with: persona-fleet generate a.yaml',
  );
});
