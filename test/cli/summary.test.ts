import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunFacts, summaryTable } from '../../src/cli/summary.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

const facts: RunFacts = {
  ...NOTHING_SPENT,
  calls: 1,
  people: 7,
  distinctNames: 7,
  failed: 3,
  failedByReason: { bad_response: 3 },
  failureMessages: { bad_response: 'the endpoint answered\nwith HTML' },
  model: 'm',
  budget: {},
  left: {},
  seconds: 1,
  out: 'out.jsonl',
  simulated: false,
  samples: [],
};

test('failed slots: why, what one of them said, and the line that tries them again', () => {
  const text = summaryTable(facts, [
    { population: 'aa11', simulation: 'alpha', failed: 0 },
    { population: 'bb22', simulation: 'alpha', failed: 3 },
  ]);
  assert.match(
    text,
    /^ {2}failed +3 {2}\(bad_response 3; try them again with: persona-fleet retry bb22 --simulation alpha\)$/m,
  );
  assert.match(text, /^ {2}bad_response +the endpoint answered with HTML$/m);
  assert.match(text, /^ {2}this run +1 model call$/m);
});

test('nothing about failures where there are none', () => {
  const text = summaryTable({ ...facts, failed: 0, failedByReason: {}, failureMessages: {} }, []);
  assert.doesNotMatch(text, /failed|bad_response|retry/);
});
