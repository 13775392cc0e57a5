import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { answerTokens } from '../../../src/producer/estimate/answer-tokens.ts';
import { estimate } from '../../../src/producer/estimate/estimate.ts';
import { typicalPersonCall } from '../../../src/producer/estimate/person-call.ts';
import { loadConfig } from '../../../src/shared/config.ts';
import type { TinyPersonFactoryState } from '../../../src/shared/factory/person-factory-state.ts';
import { TinyPersonFactory } from '../../../src/shared/factory/tiny-person-factory.ts';
import { loadModelProfiles, type ModelProfile } from '../../../src/shared/models/model-profiles.ts';
import { nanoDollars } from '../../../src/shared/models/prices.ts';
import { personaJsonSchema } from '../../../src/shared/person/schema.ts';
import { strictJsonSchema } from '../../../src/shared/person/strict-json-schema.ts';
import { createTokenCounter } from '../../../src/shared/tokens/token-counter.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

const MODEL = 'gpt-4.1-mini';
const profile = loadModelProfiles(loadConfig({})).of(MODEL);

function stateOf(populationSize: number, context = 'People of a town on a river.'): TinyPersonFactoryState {
  return new TinyPersonFactory({
    populationSize,
    context,
    dimensions: [{ name: 'age', kind: 'range', min: 20, max: 59 }],
  }).encodeCompleteState();
}

function estimated(
  populationSize: number,
  changes: Partial<ModelProfile> = {},
  inFlight: number | undefined = 32,
) {
  return estimate({
    model: MODEL,
    profile: { ...profile, ...changes },
    populations: [{ state: stateOf(populationSize), people: populationSize }],
    planning: [],
    rate: { inFlight },
  });
}

test('one call a person; tokens grow with the people, and the cache serves all but the first', () => {
  const hundred = estimated(100);
  const thousand = estimated(1_000);
  assert.deepEqual([hundred.calls, thousand.calls], [100, 1_000]);
  assert.ok(Math.abs(thousand.promptTokens / hundred.promptTokens - 10) < 0.01);
  const { cachedTokens } = typicalPersonCall(stateOf(1_000));
  assert.equal(thousand.cachedTokens, 999 * cachedTokens);
  assert.ok(cachedTokens >= 1_024);
  assert.equal((cachedTokens - 1_024) % 128, 0, 'in steps of 128 from 1,024 on');
  assert.equal(estimated(1).cachedTokens, 0);
});

test('dollars are those of the tokens; an unknown price is no price', () => {
  const { promptTokens, cachedTokens, completionTokens, nanoDollars: dollars } = estimated(1_000);
  assert.ok(profile.price);
  const counts = { prompt: promptTokens, cached: cachedTokens };
  assert.deepEqual(dollars, {
    low: nanoDollars(profile.price, { ...counts, completion: completionTokens.low }),
    expected: nanoDollars(profile.price, { ...counts, completion: completionTokens.expected }),
    high: nanoDollars(profile.price, { ...counts, completion: completionTokens.high }),
  });
  assert.equal(estimated(10, { price: undefined }).nanoDollars, undefined);
});

test('where writing the cache has a price, what is not read is written', () => {
  const plain = { input: 1, cachedInput: 0.1, output: 0, source: 's' };
  const without = estimated(1_000, { price: plain }).nanoDollars;
  const charged = estimated(1_000, { price: { ...plain, cacheWrite: 2 } }).nanoDollars;
  const { promptTokens, cachedTokens } = estimated(1_000);
  assert.equal((charged?.expected ?? 0) - (without?.expected ?? 0), (promptTokens - cachedTokens) * 1_000);
});

test('time is bound by the narrowest of the limits', () => {
  const free = estimated(1_000).time;
  assert.equal(free?.boundBy, 'calls in flight');
  assert.ok(free.latencyMs > 1_000);
  assert.equal(free.seconds, (Math.ceil(1_000 / 32) * free.latencyMs) / 1_000);
  const byRequests = estimated(1_000, { rpm: 10, tpm: 1e9 }).time;
  assert.deepEqual([byRequests?.boundBy, byRequests?.seconds], ['requests per minute', 6_000]);
  const { promptTokens, completionTokens } = estimated(1_000);
  const byTokens = estimated(1_000, { rpm: 10_000, tpm: 10_000 }).time;
  assert.equal(byTokens?.boundBy, 'tokens per minute');
  assert.equal(byTokens.seconds, ((promptTokens + completionTokens.expected) / 10_000) * 60);
  const reserved = estimated(1_000, { tpm: 10_000, charge: 'reserved' }).time;
  assert.equal(reserved?.seconds, ((promptTokens + 1_000 * profile.completionTokens) / 10_000) * 60);
  assert.equal(
    estimate({ model: MODEL, profile, populations: [], planning: [], rate: { inFlight: 4 } }).time,
    undefined,
    'nothing to do takes no time',
  );
  const elsewhere = estimate({
    model: MODEL,
    profile,
    populations: [{ state: stateOf(5), people: 5 }],
    planning: [],
    rate: { inFlight: undefined },
  });
  assert.equal(elsewhere.time, undefined, 'no limit is known');
});

test('only open slots are estimated, and answers are no larger than the room for them', () => {
  const { people, completionTokens, promptTokens } = estimate({
    model: MODEL,
    profile: { ...profile, maxCompletionTokens: 100 },
    populations: [
      { state: stateOf(1_000), people: 3 },
      { state: stateOf(1_000, 'Others.'), people: 0 },
    ],
    planning: [],
    rate: { inFlight: 1 },
  });
  assert.equal(people, 3);
  assert.deepEqual(completionTokens, { low: 300, expected: 300, high: 300 });
  assert.equal(promptTokens, Math.round(3 * typicalPersonCall(stateOf(1_000)).promptTokens));
});

test('many populations are sampled: each is counted as one of its neighbours', () => {
  const populations = Array.from({ length: 45 }, (_, index) => ({
    state: stateOf(10, `Town ${index}.`),
    people: 10,
  }));
  const { people, calls, promptTokens } = estimate({
    model: MODEL,
    profile,
    populations,
    planning: [],
    rate: { inFlight: 1 },
  });
  assert.deepEqual([people, calls], [450, 450]);
  const each = typicalPersonCall(stateOf(10, 'Town 0.')).promptTokens;
  assert.ok(Math.abs(promptTokens / (450 * each) - 1) < 0.01);
});

test('an answer is its least form, with so many tokens for each of its texts', () => {
  const schema = strictJsonSchema(
    z.strictObject({ name: z.string(), age: z.int(), likes: z.array(z.string()).min(2).max(9) }),
  );
  const frame = createTokenCounter().count('{"name":"","age":0,"likes":["",""]}');
  assert.deepEqual(answerTokens(schema), { low: frame + 24, expected: frame + 42, high: frame + 84 });
});

test('a person of short sentences lies within what is expected of one', () => {
  const { low, high } = answerTokens(personaJsonSchema);
  const written = JSON.stringify(examplePersona(), (_, value) =>
    typeof value === 'string' ? 'Grows tomatoes and herbs on the roof of an old house' : value,
  );
  const tokens = createTokenCounter().count(written);
  assert.ok(low < tokens && tokens < high, `${tokens} between ${low} and ${high}`);
});
