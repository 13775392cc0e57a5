import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelProfile } from '../../../src/shared/models/model-profiles.ts';
import { createLogger } from '../../../src/shared/telemetry/logger.ts';
import { createCapabilityMemory, keepsPromise } from '../../../src/worker/llm/capability-memory.ts';
import { forgetful, MODEL, PROFILE } from './gateway-fixture.ts';

function memoryOf(profile: Partial<ModelProfile> = {}) {
  return createCapabilityMemory({
    baseUrl: 'http://127.0.0.1:1/v1',
    profiles: { of: () => ({ ...PROFILE, ...profile }) },
    store: forgetful,
    logger: createLogger('silent'),
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
  for (let answer = 0; answer < 5; answer += 1) await memory.hear(MODEL, 'json_schema', () => false);
  assert.equal((await memory.of(MODEL)).structuredOutput, 'json_schema');
});

test('each mode has three answers to show itself', async () => {
  const memory = memoryOf();
  for (let answer = 0; answer < 3; answer += 1) await memory.hear(MODEL, 'json_schema', () => false);
  assert.equal((await memory.of(MODEL)).structuredOutput, 'json_object');
  // Late answers in a mode that was given up change nothing.
  for (let answer = 0; answer < 3; answer += 1) await memory.hear(MODEL, 'json_schema', () => false);
  assert.equal((await memory.of(MODEL)).structuredOutput, 'json_object');
  for (let answer = 0; answer < 3; answer += 1) await memory.hear(MODEL, 'json_object', () => false);
  for (let answer = 0; answer < 9; answer += 1) await memory.hear(MODEL, 'text', () => false);
  assert.equal((await memory.of(MODEL)).structuredOutput, 'text');
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
