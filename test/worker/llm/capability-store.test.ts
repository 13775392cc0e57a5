import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createCapabilityStore } from '../../../src/worker/llm/capability-store.ts';
import { connect, testPrefix } from '../../support/redis.ts';

const DAY_MS = 86_400_000;

test('what was learnt is known to everybody for a day', async (t) => {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  let nowMs = 1_000;
  const store = createCapabilityStore(redis, keys, () => nowMs);
  assert.equal(await store.load('a'), undefined);
  await store.save('a', { structuredOutput: 'json_object', temperature: false });
  nowMs += DAY_MS;
  assert.deepEqual(await store.load('a'), { structuredOutput: 'json_object', temperature: false });
  assert.equal(await store.load('b'), undefined);
  nowMs += 1;
  assert.equal(await store.load('a'), undefined);
});

test('an entry of another release that cannot be read is none', async (t) => {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const store = createCapabilityStore(redis, keys, () => 0);
  for (const text of [
    '',
    'x',
    '[]',
    '{"learntAt":0}',
    '{"learntAt":0,"capabilities":{"structuredOutput":"xml"}}',
  ]) {
    await redis.hset(keys.limits.capabilities, 'a', text);
    assert.equal(await store.load('a'), undefined, text);
  }
});
