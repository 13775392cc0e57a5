import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../../src/shared/telemetry/metrics.ts';
import type { ExchangeReply } from '../../../src/worker/llm/limiter-exchange.ts';
import { createLimiterReport } from '../../../src/worker/llm/limiter-report.ts';

const REPLY: ExchangeReply = {
  granted: [],
  refused: [],
  sleepMs: 1_000,
  waitMs: 0,
  waitReason: '',
  budgetWait: false,
};

function reporting() {
  const metrics = createWorkerMetrics();
  const utilisation = async () => {
    const { values } = await metrics.limitUtilisation.get();
    return values.map(({ labels, value }) => [labels.model, labels.resource, value]);
  };
  return {
    reportOf: (model: string) => createLimiterReport(metrics, createLogger('silent'), model),
    utilisation,
  };
}

test('utilisation is shown while calls are made, and not when there is nothing to call', async () => {
  const { reportOf, utilisation } = reporting();
  const [one, other] = [reportOf('one'), reportOf('two')];
  one.hear({ ...REPLY, requests: 0.5, tokens: 0.25 });
  other.hear({ ...REPLY, requests: 1 });
  one.rest();
  assert.deepEqual(await utilisation(), [['two', 'requests', 1]]);
  one.hear({ ...REPLY, tokens: 0.75 });
  assert.deepEqual(await utilisation(), [
    ['two', 'requests', 1],
    ['one', 'tokens', 0.75],
  ]);
});

test('models that share a label do not overwrite the utilisation of each other', async () => {
  const { reportOf, utilisation } = reporting();
  for (let model = 0; model < 30; model += 1) reportOf(`m${model}`).hear({ ...REPLY, requests: model });
  const shown = await utilisation();
  assert.equal(shown.length, 20);
  assert.ok(shown.every(([model, , value]) => model === `m${value}`));
});
