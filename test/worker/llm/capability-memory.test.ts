import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StructuredOutput } from '../../../src/shared/models/capabilities.ts';
import type { ModelProfile } from '../../../src/shared/models/model-profiles.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import {
  type CapabilityStore,
  createCapabilityMemory,
  keepsPromise,
  type Learnt,
} from '../../../src/worker/llm/capability-memory.ts';
import { forgetful, MODEL, PROFILE } from './gateway-fixture.ts';

const HOUR_MS = 3_600_000;

function memoryOf(
  profile: Partial<ModelProfile> = {},
  { store = forgetful, now = () => 0 }: { store?: CapabilityStore; now?: () => number } = {},
) {
  return createCapabilityMemory({
    baseUrl: 'http://127.0.0.1:1/v1',
    profiles: { of: () => ({ ...PROFILE, ...profile }) },
    store,
    logger: createLogger('silent'),
    now,
  });
}

test('a refusal of what nobody asks for any more teaches nothing', async () => {
  const memory = memoryOf();
  const sent = await memory.of(MODEL);
  await memory.learn(MODEL, { sent, change: { structuredOutput: 'json_object' } });
  const second = await memory.of(MODEL);
  await memory.learn(MODEL, { sent: second, change: { structuredOutput: 'text' } });
  // One that was under way all the time: it was refused for the schema, long since given up.
  await memory.learn(MODEL, { sent, change: { structuredOutput: 'json_object' } });
  assert.equal((await memory.of(MODEL)).structuredOutput, 'text');
});

test('models are known apart', async () => {
  const memory = memoryOf();
  await memory.learn(MODEL, { sent: await memory.of(MODEL), change: { temperature: false } });
  assert.equal((await memory.of(MODEL)).temperature, false);
  assert.equal((await memory.of('another')).temperature, true);
});

test('a mode that is configured is kept, however often its promise is broken', async () => {
  const memory = memoryOf({ capabilities: { structuredOutput: 'json_schema' } });
  for (let answer = 0; answer < 9; answer += 1) await memory.hear(MODEL, 'json_schema', () => false);
  assert.equal((await memory.of(MODEL)).structuredOutput, 'json_schema');
});

test('each mode has five answers to show itself', async () => {
  const memory = memoryOf();
  const broken = async (mode: StructuredOutput, times: number) => {
    for (let answer = 0; answer < times; answer += 1) await memory.hear(MODEL, mode, () => false);
    return (await memory.of(MODEL)).structuredOutput;
  };
  assert.equal(await broken('json_schema', 4), 'json_schema');
  assert.equal(await broken('json_schema', 1), 'json_object');
  assert.equal(await broken('json_schema', 5), 'json_object', 'late answers in a mode that was given up');
  assert.equal(await broken('json_object', 5), 'text');
  assert.equal(await broken('text', 9), 'text');
});

test('a refusal is believed for a day, and what was only guessed from answers for an hour, by everybody', async () => {
  let nowMs = 1_000;
  const entries: Learnt[] = [];
  const store: CapabilityStore = {
    load: async () => entries.at(-1),
    save: async (_scope, learnt) => void entries.push(learnt),
  };
  const processes = [1, 2].map(() => memoryOf({}, { store, now: () => nowMs }));
  const [memory = assert.fail()] = processes;
  const modes = () => Promise.all(processes.map(async (each) => (await each.of(MODEL)).structuredOutput));
  const guess = async () => {
    for (let answer = 0; answer < 5; answer += 1) await memory.hear(MODEL, 'json_schema', () => false);
  };
  await memory.learn(MODEL, { sent: await memory.of(MODEL), change: { temperature: false } });
  assert.equal(entries.at(-1)?.untilMs, 1_000 + 24 * HOUR_MS);
  await guess();
  // A refusal does not make the guess beside it last longer.
  await memory.learn(MODEL, { sent: await memory.of(MODEL), change: { reasoningEffort: false } });
  assert.equal(entries.at(-1)?.untilMs, 1_000 + HOUR_MS);
  nowMs += HOUR_MS - 1;
  assert.deepEqual(await modes(), ['json_object', 'json_object']);
  nowMs += 1;
  entries.length = 0;
  assert.deepEqual(await modes(), ['json_schema', 'json_schema']);
  await guess();
  assert.equal((await memory.of(MODEL)).structuredOutput, 'json_object', 'the mode had its answers again');
});

test('refusals of two things that are heard of together are both remembered', async () => {
  const memory = memoryOf();
  const sent = await memory.of(MODEL);
  await Promise.all([
    memory.learn(MODEL, { sent, change: { temperature: false } }),
    memory.learn(MODEL, { sent, change: { tokenLimit: 'max_tokens' } }),
  ]);
  const { temperature, tokenLimit } = await memory.of(MODEL);
  assert.deepEqual([temperature, tokenLimit], [false, 'max_tokens']);
});

test('what the modes promise', () => {
  const schema = { type: 'object', required: ['name', 'age'] };
  for (const [content, kept] of [
    ['{"name":"Ama","age":41}', { json_schema: true, json_object: true }],
    ['{"full_name":"Ama"}', { json_schema: false, json_object: true }],
    ['Sorry.', { json_schema: false, json_object: false }],
  ] as const) {
    assert.equal(keepsPromise('json_schema', content, schema), kept.json_schema, content);
    assert.equal(keepsPromise('json_object', content, schema), kept.json_object, content);
  }
});
