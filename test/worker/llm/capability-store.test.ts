import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createCapabilityStore } from '../../../src/worker/llm/capability-store.ts';
import { connect, testPrefix } from '../../support/redis.ts';

test('what was learnt is known to everybody for as long as it is believed', async (t) => {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  let nowMs = 1_000;
  const store = createCapabilityStore(redis, keys, () => nowMs);
  assert.equal(await store.load('a'), undefined);
  const learnt = {
    capabilities: { structuredOutput: 'json_object', temperature: false },
    untilMs: 5_000,
  } as const;
  await store.save('a', learnt);
  nowMs = 4_999;
  assert.deepEqual(await store.load('a'), learnt);
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
    '{"untilMs":9}',
    '{"learntAt":9,"capabilities":{}}',
    '{"untilMs":9,"capabilities":{"structuredOutput":"xml"}}',
  ]) {
    await redis.hset(keys.limits.capabilities, 'a', text);
    assert.equal(await store.load('a'), undefined, text);
  }
});
