import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resumeCommand } from '../../src/cli/describe-unfinished.ts';

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
      json: true,
    }),
    `persona-fleet generate 'my town'\\''s.yaml' --count 500 --seed 'a b' --workers 0 --concurrency 4 --out 'out/$HOME.csv' --format csv --json`,
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
