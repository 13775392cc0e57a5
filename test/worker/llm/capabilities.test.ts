import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capabilities } from '../../../src/shared/models/capabilities.ts';
import { personaSchema } from '../../../src/shared/person/schema.ts';
import { answerObject } from '../../../src/worker/answer/answer-object.ts';
import { assumedCapabilities, withoutRefused } from '../../../src/worker/llm/capabilities.ts';
import type { Learnt } from '../../../src/worker/llm/capability-memory.ts';
import type { ChatBody } from '../../../src/worker/llm/chat-client.ts';
import {
  answering,
  completion,
  gatewayTo,
  REQUEST,
  refusing,
  said,
  simulated,
  total,
} from './gateway-fixture.ts';

/** A store that remembers, as Redis does for the fleet. */
function remembering(known: Partial<Capabilities> | undefined = undefined) {
  const saved = new Map<string, Partial<Capabilities>>();
  const loads: string[] = [];
  const untilMs = Number.POSITIVE_INFINITY;
  return {
    saved,
    loads,
    async load(scope: string) {
      loads.push(scope);
      const capabilities = saved.get(scope) ?? known;
      return capabilities === undefined ? undefined : { capabilities, untilMs };
    },
    async save(scope: string, { capabilities }: Learnt) {
      saved.set(scope, capabilities);
    },
  };
}

for (const [unsupported, formats, learnt] of [
  [['json_schema'], { json_schema: 1, json_object: 1 }, 'json_object'],
  [['json_schema', 'json_object'], { json_schema: 1, json_object: 1, none: 1 }, 'text'],
  [['response_format'], { json_schema: 1, json_object: 1, none: 1 }, 'text'],
] as const) {
  test(`a server without ${unsupported.join(' and ')} makes the same people, from the first call on`, async (t) => {
    const store = remembering();
    const { simulator, ask, story, metrics } = await simulated(
      t,
      { unsupported: [...unsupported] },
      { capabilityStore: store },
    );
    const answer = await ask();
    personaSchema.parse(answerObject(answer.content));
    const { calls, received } = simulator.stats();
    const asked = Object.entries(received.formats).filter(([, times]) => times > 0);
    assert.deepEqual(Object.fromEntries(asked), formats);
    assert.deepEqual([...store.saved.values()], [{ structuredOutput: learnt }]);
    // What was refused is taken back, and begun again when it is let through; each refusal is a request like any other.
    assert.equal(story.filter((step) => step === 'begin').length, calls);
    assert.equal(story.filter((step) => step === 'take back').length, calls - 1);
    assert.equal(story.filter((step) => step === 'settle refused').length, calls - 1);
    assert.equal(await total(metrics.modelRequests, { outcome: 'adapted' }), calls - 1);
    await ask({ user: 'Another one, please.' });
    assert.equal(simulator.stats().calls, calls + 1, 'it is known from now on');
  });
}

test('what a server does not take is given up, one thing after another, and the rest is kept', async (t) => {
  const { simulator, ask } = await simulated(
    t,
    { unsupported: ['temperature', 'max_completion_tokens', 'prompt_cache_key', 'reasoning_effort'] },
    { reasoningEffort: 'low', profile: { capabilities: {} } },
  );
  personaSchema.parse(answerObject((await ask({ temperature: 0.7 })).content));
  const { received, calls } = simulator.stats();
  // A prompt_cache_key is not even tried where nobody knows it.
  assert.equal(calls, 4);
  assert.equal(received.parameters.prompt_cache_key, 0);
  await ask({ temperature: 0.7, user: 'Another one.' });
  const after = simulator.stats().received;
  assert.equal(after.parameters.max_tokens, received.parameters.max_tokens + 1);
  assert.equal(after.parameters.temperature, received.parameters.temperature);
  assert.equal(after.parameters.reasoning_effort, received.parameters.reasoning_effort);
  assert.equal(after.formats.json_schema, calls + 1);
});

test('a newer model that no longer takes max_tokens is asked with max_completion_tokens', async (t) => {
  const { simulator, ask } = await simulated(
    t,
    { unsupported: ['max_tokens'] },
    { capabilityStore: remembering({ tokenLimit: 'max_tokens' }) },
  );
  await ask();
  const { parameters } = simulator.stats().received;
  assert.deepEqual([parameters.max_tokens, parameters.max_completion_tokens], [1, 1]);
});

test('what is configured is not found out: it is sent as it stands, and a refusal is a refusal', async (t) => {
  const store = remembering();
  const { simulator, failure } = await simulated(
    t,
    { unsupported: ['json_schema'] },
    { capabilityStore: store, profile: { capabilities: { structuredOutput: 'json_schema' } } },
  );
  const { reaction, reason } = await failure();
  assert.deepEqual([reaction, reason], ['give-up', 'bad_request']);
  assert.equal(simulator.stats().calls, 1);
  assert.equal(store.saved.size, 0);
});

test('what is configured is used from the first request on', async (t) => {
  const { simulator, ask } = await simulated(
    t,
    { unsupported: ['json_schema', 'max_completion_tokens', 'temperature'] },
    { profile: { capabilities: { structuredOutput: 'text', tokenLimit: 'max_tokens', temperature: false } } },
  );
  personaSchema.parse(answerObject((await ask({ temperature: 1.2 })).content));
  assert.equal(simulator.stats().calls, 1);
});

test('what another process has learnt is used from the first request on', async (t) => {
  const store = remembering({ structuredOutput: 'json_object' });
  const { simulator, ask } = await simulated(t, { unsupported: ['json_schema'] }, { capabilityStore: store });
  await Promise.all([ask(), ask({ user: 'Another one.' })]);
  assert.equal(simulator.stats().calls, 2);
  assert.equal(store.loads.length, 1, 'asked once, not with every call');
});

test('a store that fails is one that knows nothing', async (t) => {
  const gone = () => Promise.reject(new Error('Redis is gone'));
  const { simulator, ask } = await simulated(
    t,
    { unsupported: ['json_schema'] },
    { capabilityStore: { load: gone, save: gone } },
  );
  await ask();
  await ask({ user: 'Another one.' });
  assert.equal(simulator.stats().calls, 3);
});

test('calls under way together are refused together, and take one step, not one each', async (t) => {
  const { simulator, ask } = await simulated(t, { unsupported: ['json_schema'] });
  await Promise.all([1, 2, 3, 4].map((number) => ask({ user: `Person ${number}` })));
  const { formats } = simulator.stats().received;
  assert.equal(formats.json_object, 4);
  assert.equal(formats.none, 0);
});

test('a server that ignores the format without a word is asked with words after five broken answers', async (t) => {
  const other = JSON.stringify({ full_name: 'Ama', years: 41 });
  const { url, bodies } = await answering(t, said(other));
  const store = remembering();
  const { ask } = gatewayTo(t, url, { capabilityStore: store });
  for (let call = 0; call < 7; call += 1) assert.equal((await ask()).content, other);
  const formats = bodies.map((body) => Reflect.get(Object(body.response_format), 'type'));
  assert.deepEqual(formats, [...Array(5).fill('json_schema'), 'json_object', 'json_object']);
  assert.match(JSON.stringify(bodies[5]), /JSON Schema/);
  assert.equal(store.saved.size, 1);
});

test('answers that did not come to their end say nothing about the format', async (t) => {
  const broken = (finish_reason: string | null) => ({
    body: completion({ message: { content: '{"name":' }, finish_reason }),
  });
  const { url, bodies } = await answering(t, broken(null), broken('error'), broken('tool_calls'));
  const { ask } = gatewayTo(t, url);
  for (let call = 0; call < 8; call += 1) await ask();
  for (const body of bodies) assert.equal(Reflect.get(Object(body.response_format), 'type'), 'json_schema');
});

test('a refusal that was billed all the same is not asked again for nothing', async (t) => {
  const refusal = { message: 'response_format is not supported', type: 'invalid_request_error' };
  const body = JSON.stringify({ error: refusal, usage: { prompt_tokens: 900, completion_tokens: 0 } });
  const { url, bodies } = await answering(t, { status: 400, body });
  const { failure, settled } = gatewayTo(t, url);
  assert.equal((await failure()).reason, 'bad_request');
  assert.equal(bodies.length, 1);
  assert.ok(settled[0]?.kind === 'answered' && settled[0].usage.promptTokens === 900);
});

test('an answer that keeps the promise ends the suspicion', async (t) => {
  const { required } = REQUEST.schema.schema;
  assert.ok(Array.isArray(required));
  const good = JSON.stringify(Object.fromEntries(required.map((name) => [name, 'x'])));
  const { url, bodies } = await answering(t, said('{}'), said('{}'), said(good), said('{}'));
  const { ask } = gatewayTo(t, url);
  for (let call = 0; call < 8; call += 1) await ask();
  for (const body of bodies) assert.equal(Reflect.get(Object(body.response_format), 'type'), 'json_schema');
});

test('without a schema in the request its text ends the system message, and the population still comes first', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const { ask } = gatewayTo(t, url, { profile: { capabilities: { structuredOutput: 'json_object' } } });
  await ask();
  const [system, user] = (bodies[0]?.messages ?? []) as { role: string; content: string }[];
  assert.ok(system?.content.startsWith(REQUEST.system));
  assert.ok(system?.content.endsWith(JSON.stringify(REQUEST.schema.schema)));
  assert.match(system?.content ?? '', /JSON/);
  assert.equal(user?.content, REQUEST.user);
});

test('an endpoint that refuses without end is asked no more than seven times', async (t) => {
  // Says of whatever limit it got that it wants the other one.
  const { url, bodies } = await answering(
    t,
    ...Array.from({ length: 20 }, (_, turn) =>
      refusing('Unsupported parameter', {
        param: turn % 2 === 0 ? 'max_completion_tokens' : 'max_tokens',
        code: 'unsupported_parameter',
      }),
    ),
  );
  const { failure, story } = gatewayTo(t, url);
  assert.equal((await failure()).reason, 'bad_request');
  assert.equal(bodies.length, 7);
  assert.equal(story.filter((step) => step.startsWith('settle')).length, 7);
});

test('a prompt_cache_key goes where it is known, or configured', () => {
  for (const [url, known] of [
    [undefined, true],
    ['https://api.openai.com/v1', true],
    ['https://people.openai.azure.com/openai/v1', true],
    ['https://api.openai.com.example/v1', false],
    ['http://127.0.0.1:11434/v1', false],
  ] as const) {
    assert.equal(assumedCapabilities(url).promptCacheKey, known, url);
  }
});

test('a prompt_cache_key that is configured is sent', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const { ask } = gatewayTo(t, url, { profile: { capabilities: { promptCacheKey: true } } });
  await ask({ cacheKey: 'population-7' });
  assert.equal(bodies[0]?.prompt_cache_key, 'population-7');
});

test('reasoning_effort is sent where it is configured, and an answer still comes', async (t) => {
  const { url, bodies } = await answering(t, { body: completion({ message: { content: '{}' } }) });
  await gatewayTo(t, url).ask();
  await gatewayTo(t, url, { reasoningEffort: 'minimal' }).ask();
  assert.deepEqual(
    bodies.map((body) => body.reasoning_effort),
    [undefined, 'minimal'],
  );
});

const ASSUMED = assumedCapabilities(undefined);
const BODY: ChatBody = {
  model: 'm',
  messages: [],
  temperature: 0.7,
  max_completion_tokens: 100,
  prompt_cache_key: 'k',
  reasoning_effort: 'low',
  response_format: { type: 'json_object' },
};
const NOTHING = { status: 400, code: '', type: '', param: '', said: '', isPage: false };
const UNKNOWN = { ...NOTHING, shouldRetry: undefined, retryAfterMs: undefined };

for (const [whose, error, change] of [
  [
    "OpenAI's reasoning models",
    {
      param: 'temperature',
      code: 'unsupported_value',
      said: "unsupported value: 'temperature' does not support 0.7",
    },
    { temperature: false },
  ],
  [
    "Azure's older versions",
    { said: 'unrecognized request argument supplied: max_completion_tokens' },
    { tokenLimit: 'max_tokens' },
  ],
  [
    "pydantic's detail (vLLM)",
    {
      status: 422,
      said: '[{"type":"extra_forbidden","loc":["body","prompt_cache_key"],"msg":"extra inputs are not permitted"}]',
    },
    { promptCacheKey: false },
  ],
  [
    'Groq',
    { said: 'this model does not support response format `json_schema`.' },
    { structuredOutput: 'json_object' },
  ],
  ['DeepSeek', { said: 'this response_format type is unavailable now' }, { structuredOutput: 'json_object' }],
  [
    'LM Studio',
    { said: "'response_format.type' must be 'json_schema' or 'text'" },
    { structuredOutput: 'json_object' },
  ],
  ['llama.cpp', { status: 500, said: 'failed to parse grammar' }, { structuredOutput: 'json_object' }],
  ['a temperature out of range', { param: 'temperature', code: 'decimal_above_max_value' }, undefined],
  [
    'too much room',
    { param: 'max_completion_tokens', said: 'max_completion_tokens is too large: 16384' },
    undefined,
  ],
  [
    'another field that is named',
    { param: 'messages', said: 'response_format needs the word json' },
    undefined,
  ],
  ['a wrong key', { status: 401, said: 'response_format' }, undefined],
  [
    "serde's text (TGI, mistral.rs)",
    { status: 422, said: 'failed to deserialize the json body: unknown field `max_completion_tokens`' },
    { tokenLimit: 'max_tokens' },
  ],
  ['a website about grammar', { status: 404, said: '<html>grammar', isPage: true }, undefined],
  ['an error that says nothing', {}, undefined],
] as const) {
  test(`what a refusal says is understood, or left alone: ${whose}`, () => {
    assert.deepEqual(withoutRefused({ ...UNKNOWN, ...error }, BODY, ASSUMED, {}), change);
  });
}

test('a parameter that was not sent cannot have been refused', () => {
  const error = { ...UNKNOWN, param: 'temperature', code: 'unsupported_parameter' };
  const { temperature: _, ...body } = BODY;
  assert.equal(withoutRefused(error, body, ASSUMED, {}), undefined);
});
