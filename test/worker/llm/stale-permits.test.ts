import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type Logger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import { createStalePermits } from '../../../src/worker/llm/stale-permits.ts';

test('the third old permit in a row is said aloud, with what to do, once a minute at most', () => {
  const warnings: string[] = [];
  const logger: Logger = Object.assign(createLogger('silent'), {
    warn: (_facts: object, message: string) => void warnings.push(message),
  });
  let nowMs = 0;
  const count = createStalePermits({ metrics: createWorkerMetrics(), logger, now: () => nowMs });
  for (const inARow of [1, 2, 1, 2]) count('m', inARow);
  assert.equal(warnings.length, 0);
  for (const inARow of [3, 4, 5]) count('m', inARow);
  nowMs = 59_999;
  count('m', 3);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /PERSONA_FLEET_RATE_GUARD_MS/);
  nowMs = 60_000;
  count('m', 3);
  assert.equal(warnings.length, 2);
});
