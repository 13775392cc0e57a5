import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimateSpec } from '../../../src/producer/estimate/estimate-spec.ts';
import { planningCalls } from '../../../src/producer/estimate/planning-calls.ts';
import type { PopulationSpec } from '../../../src/producer/population-spec.ts';
import { loadConfig } from '../../../src/shared/config.ts';
import { loadModelProfiles } from '../../../src/shared/models/model-profiles.ts';

const SPEC: PopulationSpec = {
  simulation: 'sim',
  context: 'A new rota.',
  populationSize: 50,
  agentParticularities: null,
  names: { locale: null, policy: 'reserved' },
  seed: '7',
  model: null,
  temperature: null,
  attempts: 5,
  onMismatch: 'repair',
  dimensions: [],
  joints: [],
  demography: null,
  samplingSpaceDescription: null,
  factories: null,
  budget: null,
};

const profiles = loadModelProfiles(loadConfig({}));
const estimateOf = (changes: Partial<PopulationSpec>) =>
  estimateSpec(
    { ...SPEC, ...changes },
    { model: 'gpt-4.1-mini', profile: profiles.of('gpt-4.1-mini'), rate: { inFlight: 32 } },
  );

test('a spec without planning is its people', () => {
  const { people, calls, planningCalls } = estimateOf({});
  assert.deepEqual([people, calls, planningCalls], [50, 50, 0]);
});

test('free text takes a call of its own; without a context it is that of the people', () => {
  const { calls, planningCalls } = estimateOf({ samplingSpaceDescription: 'Ages from 20 to 60.' });
  assert.deepEqual([calls, planningCalls], [51, 1]);
  const words = 'Farmers and fishers of all ages, rich and poor. '.repeat(40);
  const short = estimateOf({ context: '', samplingSpaceDescription: 'Farmers.' });
  const long = estimateOf({ context: '', samplingSpaceDescription: words });
  assert.ok(long.promptTokens > short.promptTokens + 50 * 300, 'it is in the prompt of every person');
});

test('factories take a call for every 25, and people of all of them', () => {
  const factories = { count: 60, context: 'Customers of a bank.', populationSize: 10 };
  const { people, calls, planningCalls: planned } = estimateOf({ factories, populationSize: 600 });
  assert.deepEqual([people, calls, planned], [600, 603, 3]);
  const asked = planningCalls({ ...SPEC, factories });
  assert.deepEqual(
    asked.map(({ completionTokens }) => completionTokens.expected),
    [25 * 130, 25 * 130, 10 * 130],
  );
  const [first, second] = asked;
  assert.ok((second?.promptTokens ?? 0) > (first?.promptTokens ?? 0), 'told the titles before it');
});
