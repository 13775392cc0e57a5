import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../src/shared/errors.ts';
import { type Feature, parseFeatures } from '../../src/simulator/missing-features.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { askPerson, clientOf, failureOf, MARIA, personRequest, SMALL_SCHEMA } from './simulated-client.ts';

const { messages } = personRequest(MARIA);
const plain = { model: 'm', messages };
const asJson = { ...plain, response_format: { type: 'json_object' as const } };

describe('an endpoint without a feature refuses it, and nothing else', () => {
  const cases: [feature: Feature, request: object, code: string, param: string, fine: object][] = [
    ['json_schema', personRequest(MARIA), 'invalid_value', 'response_format.type', plain],
    ['json_object', asJson, 'invalid_value', 'response_format.type', personRequest(MARIA)],
    ['response_format', personRequest(MARIA), 'unsupported_parameter', 'response_format', plain],
    ['temperature', { temperature: 0.5 }, 'unsupported_value', 'temperature', { temperature: 1 }],
    ['max_tokens', { max_tokens: 9 }, 'unsupported_parameter', 'max_tokens', { max_completion_tokens: 9 }],
    [
      'max_completion_tokens',
      { max_completion_tokens: 9 },
      'unsupported_parameter',
      'max_completion_tokens',
      { max_tokens: 9 },
    ],
    [
      'prompt_cache_key',
      { prompt_cache_key: 'k' },
      'unsupported_parameter',
      'prompt_cache_key',
      { prompt_cache_key: null },
    ],
    [
      'reasoning_effort',
      { reasoning_effort: 'low' },
      'unsupported_parameter',
      'reasoning_effort',
      { temperature: 0.5 },
    ],
  ];
  for (const [feature, request, code, param, fine] of cases)
    test(feature, async () => {
      await using simulator = await startSimulator({ unsupported: [feature], rpm: 1 });
      const ask = (more: object) => clientOf(simulator).chat.completions.create({ ...plain, ...more });
      const failure = await failureOf(ask(request));
      assert.deepEqual([failure.status, failure.code, failure.param], [400, code, param]);
      assert.equal(
        (await ask(fine)).object,
        'chat.completion',
        'and the refusal took nothing from the limit',
      );
    });

  test('features are read by name', () => {
    assert.deepEqual(parseFeatures(' json_schema, temperature,'), ['json_schema', 'temperature']);
    assert.throws(() => parseFeatures('json_schema,xml'), {
      name: UserError.name,
      message: /unknown feature "xml".*json_object/,
    });
  });
});

test('what came in is counted, refused requests too, unreadable ones not', async () => {
  await using simulator = await startSimulator({ unsupported: ['json_schema'] });
  const ask = (request: object) =>
    fetch(`${simulator.url}/chat/completions`, { method: 'POST', body: JSON.stringify(request) });
  await ask({ ...personRequest(MARIA), temperature: 0, prompt_cache_key: 'k', max_completion_tokens: 5 });
  await ask({ ...asJson, max_tokens: 5, reasoning_effort: 'low' });
  await ask({ ...plain, temperature: null });
  await ask({ ...plain, response_format: { type: 'text' } });
  await ask({ ...plain, response_format: { type: 'none' } });
  await fetch(`${simulator.url}/chat/completions`, { method: 'POST', body: '{' });
  assert.deepEqual(simulator.stats().received, {
    formats: { none: 1, text: 1, json_object: 1, json_schema: 1, other: 1 },
    parameters: {
      temperature: 1,
      max_completion_tokens: 1,
      max_tokens: 1,
      prompt_cache_key: 1,
      reasoning_effort: 1,
    },
  });
});

const fenced = (content: string | null | undefined) => {
  const [, before = '', json = '', after = ''] = /^(.*)```json\n(.*)\n```(.*)$/s.exec(content ?? '') ?? [];
  assert.ok(before.trim() !== '' && after.trim() !== '', `prose around the JSON in: ${content}`);
  return JSON.parse(json);
};

test('an endpoint that passes over response_format answers prose around JSON, and never counts the schema', async () => {
  await using simulator = await startSimulator({ ignores: ['response_format'] });
  await using strict = await startSimulator();
  const ask = (server: typeof simulator) => clientOf(server).chat.completions.create(personRequest(MARIA));
  const { choices, usage } = await ask(simulator);
  const person = fenced(choices[0]?.message.content);
  assert.deepEqual([person.name, person.age], ['Maria Oliveira', 34]);
  assert.ok(person.beliefs.length >= 6);
  assert.ok((usage?.prompt_tokens ?? 0) < ((await ask(strict)).usage?.prompt_tokens ?? 0));
});

test('asked in words alone, the model follows the last schema that the prompt spells out', async () => {
  await using simulator = await startSimulator();
  const schema = JSON.stringify(SMALL_SCHEMA, null, 2);
  const system = `Example: {"name": "A { B"}. Not it: {"type": "object", "properties": {"x": {}}}.\nAnswer with JSON for this schema:\n${schema}\nOnly that.`;
  const ask = async (format: object) => {
    const completion = await clientOf(simulator).chat.completions.create({
      model: 'm',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: MARIA },
      ],
      ...format,
    });
    return completion.choices[0]?.message.content;
  };
  const expected = Object.keys(SMALL_SCHEMA.properties ?? {});
  for (const person of [
    JSON.parse((await ask({ response_format: { type: 'json_object' } })) ?? ''),
    fenced(await ask({})),
  ]) {
    assert.deepEqual(Object.keys(person), expected);
    assert.equal(person.name, 'Maria Oliveira');
    assert.ok(person.beliefs.length >= 6);
  }
});

test('reasoning counts as completion, and leaves less room for the answer', async () => {
  await using simulator = await startSimulator({ reasoningTokens: 500 });
  await using silent = await startSimulator();
  const ask = (server: typeof simulator, max_completion_tokens: number) =>
    clientOf(server).chat.completions.create({ ...personRequest(MARIA), max_completion_tokens });
  const without = (await ask(silent, 5000)).usage?.completion_tokens ?? 0;
  const results = [];
  for (const room of [500 + without, 500 + without - 1, 200]) {
    const { choices, usage } = await ask(simulator, room);
    results.push([
      choices[0]?.finish_reason,
      choices[0]?.message.content === '',
      usage?.completion_tokens_details?.reasoning_tokens,
      (usage?.completion_tokens ?? 0) <= room,
    ]);
    if (room > 500 + without - 1) assert.equal(usage?.completion_tokens, 500 + without);
  }
  assert.deepEqual(results, [
    ['stop', false, 500, true],
    ['length', false, 500, true],
    ['length', true, 200, true],
  ]);
});

test('cache writes are what was not cached, and reported only where it is asked for', async () => {
  await using simulator = await startSimulator({ cacheWrite: true });
  const ask = async (about: string) => {
    const request = personRequest(about);
    for (const message of request.messages)
      if (message.role === 'system') message.content = 'word '.repeat(1500);
    const { usage } = await clientOf(simulator).chat.completions.create(request);
    const details = usage?.prompt_tokens_details as { cached_tokens: number; cache_write_tokens?: number };
    return {
      prompt: usage?.prompt_tokens ?? 0,
      cached: details.cached_tokens,
      written: details.cache_write_tokens,
    };
  };
  const first = await ask('one');
  assert.deepEqual([first.cached, first.written], [0, first.prompt]);
  const second = await ask('two');
  assert.ok(second.cached >= 1280);
  assert.equal(second.written, second.prompt - second.cached);
  assert.equal(simulator.stats().tokens.cacheWrite, (first.written ?? 0) + (second.written ?? 0));
  simulator.control({ cacheWrite: false });
  assert.equal((await ask('three')).written, undefined);
});

test('an endpoint without rate limit headers still says when to come back', async () => {
  await using simulator = await startSimulator({ rpm: 1, rateLimitHeaders: false });
  const { response } = await clientOf(simulator).chat.completions.create(personRequest('x')).withResponse();
  const failure = await failureOf(askPerson(simulator, 'x'));
  for (const headers of [response.headers, failure.headers])
    assert.deepEqual(
      [...(headers?.keys() ?? [])].filter((name) => name.startsWith('x-ratelimit')),
      [],
    );
  assert.ok(Number(failure.headers?.get('retry-after')) > 0);
});

test('each token takes its time, on top of the latency', async () => {
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  await using simulator = await startSimulator(
    { latencyMedianMs: 100, latencySigma: 0, latencyPerTokenMs: 2, reasoningTokens: 7 },
    { wait },
  );
  await askPerson(simulator, MARIA);
  assert.deepEqual(waits, [100 + 2 * simulator.stats().tokens.completion]);
});
