import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { HeldUp } from '../../src/cli/held-up.ts';
import { createProgressDisplay } from '../../src/cli/progress-display.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

/** The last line that is written when ten people were there within a second, of a thousand. */
function lineOf(held?: HeldUp): string {
  const written = new PassThrough();
  let nowMs = 0;
  const display = createProgressDisplay(written as unknown as NodeJS.WriteStream, () => nowMs);
  const total = (committed: number) => ({
    ...{ ...NOTHING_SPENT, size: 1_000, failed: 0, failedByReason: {}, budget: {} },
    ...{ committed, calls: committed, promptTokens: committed * 100 },
  });
  display.update(total(0), held);
  nowMs = 1_000;
  display.update(total(10), held);
  display.end();
  return String(written.read()).trim().split('\n').at(-1) ?? '';
}

test('the time that is left goes by the rate', () => {
  assert.match(lineOf(), /^10\/1,000 people, 10\/s, ETA 1 min 39 s, 10 calls, 1,000 tokens$/);
});

test('it is never less than the limits allow that calls wait for', () => {
  const text = 'paced at 60 requests/min';
  assert.match(
    lineOf({ text, pace: { callsPerSecond: 1 } }),
    /ETA 16 min 30 s, .*, paced at 60 requests\/min$/,
  );
  assert.match(lineOf({ text, pace: { tokensPerSecond: 100 } }), /ETA 16 min 30 s/);
  assert.match(lineOf({ text, pace: { callsPerSecond: 100 } }), /ETA 1 min 39 s/);
});
