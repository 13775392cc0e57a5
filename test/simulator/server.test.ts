import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { UserError } from '../../src/shared/errors.ts';
import { personaRequestSchema } from '../../src/shared/person/schema.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { askPerson, clientOf, failureOf, MARIA, personRequest } from './simulated-client.ts';

test('a completion has the shape of OpenAI’s, real token numbers, and says that it is simulated', async () => {
  await using simulator = await startSimulator();
  const request = personRequest(MARIA);
  const { data, response } = await clientOf(simulator).chat.completions.create(request).withResponse();
  const content = data.choices[0]?.message.content ?? '';

  assert.equal(data.object, 'chat.completion');
  assert.match(data.id, /^chatcmpl-simulated-/);
  assert.equal(data.model, 'simulated-1');
  assert.equal(data.system_fingerprint, 'simulated');
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  assert.equal(data.choices[0]?.message.refusal, null);
  assert.equal(response.headers.get('x-persona-fleet-simulated'), '1');
  assert.match(response.headers.get('x-request-id') ?? '', /^req_/);
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), null, 'no limits, no limit headers');

  const schemaText = JSON.stringify(request.response_format.json_schema.schema);
  const messages = request.messages.map(({ role, content }) => 3 + countTokens(role) + countTokens(content));
  const prompt = messages.reduce((sum, tokens) => sum + tokens, 3 + countTokens(schemaText));
  assert.equal(data.usage?.prompt_tokens, prompt);
  assert.equal(data.usage?.completion_tokens, countTokens(content));
  assert.equal(data.usage?.total_tokens, prompt + countTokens(content));
  assert.equal(data.usage?.prompt_tokens_details?.cached_tokens, 0);
});

test('a person has the characteristics of the prompt', async () => {
  await using simulator = await startSimulator();
  const person = await askPerson(simulator, MARIA);
  assert.equal(person.name, 'Maria Oliveira');
  assert.equal(person.age, 34);
  assert.equal(person.nationality, 'Brazilian');
  assert.equal(person.occupation.title, 'nurse');
  assert.ok(person.style.includes('Maria'));
  assert.ok(person.other_facts.includes('Marital status: married.'));
});

test('the fleet’s own persona schemas are answered, with alternate names where asked', async () => {
  await using simulator = await startSimulator();
  for (const completionScale of [0, 1]) {
    await using sized = await startSimulator({ completionScale });
    for (const alternateNames of [false, true]) {
      const { schema, jsonSchema } = personaRequestSchema({ alternateNames });
      const completion = await clientOf(sized).chat.completions.create(personRequest(MARIA, jsonSchema));
      const answer = schema.parse(JSON.parse(completion.choices[0]?.message.content ?? ''));
      assert.equal(answer.name, 'Maria Oliveira');
      assert.equal((answer.alternate_names?.length ?? 0) >= 5, alternateNames);
    }
  }
  assert.equal(simulator.stats().calls, 0);
});

test('JSON mode answers with a persona; text mode with a few sentences about one', async () => {
  await using simulator = await startSimulator();
  const client = clientOf(simulator);
  const messages = [{ role: 'user' as const, content: `One person as JSON.\n${MARIA}` }];
  const json = await client.chat.completions.create({
    model: 'any',
    messages,
    response_format: { type: 'json_object' },
  });
  const person = JSON.parse(json.choices[0]?.message.content ?? '');
  assert.equal(person.name, 'Maria Oliveira');
  assert.ok(Array.isArray(person.behaviors.routines.weekend));
  assert.equal(json.model, 'any');
  const text = await client.chat.completions.create({ model: 'any', messages });
  assert.match(text.choices[0]?.message.content ?? '', /^Maria Oliveira is a nurse from /);
});

test('content parts are one text', async () => {
  await using simulator = await startSimulator();
  const content = [
    { type: 'text' as const, text: '<characteristics>\n- name: ' },
    { type: 'text' as const, text: 'Ann Bell\n</characteristics>' },
  ];
  const completion = await clientOf(simulator).chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content }],
  });
  assert.match(completion.choices[0]?.message.content ?? '', /^Ann Bell is /);
});

test('a token limit cuts the content, says so, and still counts exactly', async () => {
  await using simulator = await startSimulator();
  const request = { ...personRequest(MARIA), max_completion_tokens: 50 };
  const completion = await clientOf(simulator).chat.completions.create(request);
  const content = completion.choices[0]?.message.content ?? '';
  assert.equal(completion.choices[0]?.finish_reason, 'length');
  assert.ok(content.length > 0 && countTokens(content) <= 50);
  assert.equal(completion.usage?.completion_tokens, countTokens(content));
});

test('special tokens in a prompt are plain text', async () => {
  await using simulator = await startSimulator();
  await askPerson(simulator, '<|endoftext|> <|im_start|>');
  assert.equal(simulator.stats().successes, 1);
});

test('models are listed', async () => {
  await using simulator = await startSimulator();
  const models = await clientOf(simulator).models.list();
  assert.deepEqual(
    models.data.map((model) => model.id),
    ['simulated-1'],
  );
});

describe('an API key', () => {
  test('must match for completions and models; the statistics stay open', async () => {
    await using simulator = await startSimulator({ apiKey: 'sk-right' });
    await clientOf(simulator, 'sk-right').chat.completions.create(personRequest(MARIA));
    for (const call of [
      () => clientOf(simulator, 'sk-wrong').chat.completions.create(personRequest(MARIA)),
      () => clientOf(simulator, 'sk-wrong').models.list(),
    ]) {
      const failure = await failureOf(call());
      assert.equal(failure.status, 401);
      assert.equal(failure.code, 'invalid_api_key');
      assert.ok(!failure.message.includes('sk-wrong'), 'a key must not be repeated');
    }
    assert.equal((await fetch(`${simulator.url}/stats`)).status, 200);
    assert.deepEqual(simulator.stats().byStatus, { '200': 1, '401': 1 });
  });
});

describe('malformed requests get OpenAI-shaped errors', () => {
  const good = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
  const jsonSchema = (schema: unknown, name: unknown = 'x') => ({
    ...good,
    response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } },
  });
  const cases: [string, unknown, RegExp, string | null][] = [
    ['no JSON', '{"model": ', /could not parse the JSON body/, null],
    ['JSON that is no object', [1], /could not parse the JSON body/, null],
    ['no model', { messages: good.messages }, /must provide a model/, 'model'],
    ['no messages', { model: 'm' }, /Missing required parameter: 'messages'/, 'messages'],
    ['empty messages', { ...good, messages: [] }, /empty array/, 'messages'],
    ['messages of a wrong type', { ...good, messages: 'hi' }, /expected an array.*got a string/, 'messages'],
    ['a message that is null', { ...good, messages: [null] }, /expected an object.*got null/, 'messages[0]'],
    ['an unknown role', { ...good, messages: [{ role: 'bot', content: 'x' }] }, /"bot"/, 'messages[0].role'],
    [
      'content of a wrong type',
      { ...good, messages: [{ role: 'user', content: 3 }] },
      /expected a string or an array of objects, but got a number/,
      'messages[0].content',
    ],
    [
      'an image',
      { ...good, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      /Invalid content part/,
      'messages[0].content[0]',
    ],
    ['stream', { ...good, stream: true }, /'stream' does not support true/, 'stream'],
    ['n', { ...good, n: 2 }, /'n' does not support 2/, 'n'],
    ['tools', { ...good, tools: [{}] }, /'tools' is not simulated/, 'tools'],
    ['temperature', { ...good, temperature: 3 }, /between 0 and 2, but got 3/, 'temperature'],
    ['a token limit of 0', { ...good, max_tokens: 0 }, />= 1, but got 0/, 'max_tokens'],
    ['an unknown format', { ...good, response_format: { type: 'xml' } }, /"xml"/, 'response_format.type'],
    [
      'JSON mode without the word',
      { ...good, response_format: { type: 'json_object' } },
      /word 'json'/,
      'messages',
    ],
    ['a schema without a name', jsonSchema({}, 'not a name'), /1 to 64/, 'response_format.json_schema.name'],
    ['a schema that is missing', jsonSchema(undefined), /got nothing/, 'response_format.json_schema.schema'],
    [
      'a schema that is not strict',
      jsonSchema({ type: 'object' }),
      /Invalid schema for .*'x'/,
      'response_format',
    ],
  ];
  for (const [what, body, message, param] of cases)
    test(what, async () => {
      await using simulator = await startSimulator();
      const response = await fetch(`${simulator.url}/chat/completions`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      assert.equal(response.status, 400);
      assert.match(String(error.message), message);
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(error.param, param);
      assert.ok('code' in error);
      assert.equal(simulator.stats().byStatus['400'], 1);
    });

  test('unknown paths and wrong methods', async () => {
    await using simulator = await startSimulator();
    const unknown = await fetch(`${simulator.url}/embeddings`, { method: 'POST', body: '{}' });
    assert.equal(unknown.status, 404);
    assert.match(await unknown.text(), /Invalid URL \(POST \/v1\/embeddings\)/);
    const wrong = await fetch(`${simulator.url}/chat/completions`);
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'POST');
    assert.match(await wrong.text(), /Not allowed to GET/);
    assert.equal(simulator.stats().calls, 0);
  });

  test('a body above 10 MB', async () => {
    await using simulator = await startSimulator();
    const response = await fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      body: 'x'.repeat(10_000_001),
    });
    assert.equal(response.status, 413);
  });
});

test('the same seed and request give the same content, in any order; another seed another', async () => {
  await using first = await startSimulator({ seed: 'a' });
  await using second = await startSimulator({ seed: 'a' });
  await using other = await startSimulator({ seed: 'b' });
  const about = Array.from({ length: 6 }, (_, index) => `number ${index}`);
  const forwards = await Promise.all(about.map((each) => askPerson(first, each)));
  const backwards = await Promise.all(about.toReversed().map((each) => askPerson(second, each)));
  assert.deepEqual(backwards.toReversed(), forwards);
  assert.deepEqual(await askPerson(first, 'number 0'), forwards[0], 'asked again');
  assert.equal(new Set(forwards.map((person) => JSON.stringify(person))).size, 6);
  assert.notDeepEqual(await askPerson(other, 'number 0'), forwards[0]);
});

test('temperature and model do not change the content', async () => {
  await using simulator = await startSimulator();
  const ask = async (changes: object) => {
    const request = { ...personRequest('someone'), ...changes };
    return (await clientOf(simulator).chat.completions.create(request)).choices[0]?.message.content;
  };
  assert.equal(await ask({ temperature: 1.5, model: 'other' }), await ask({ temperature: 0 }));
});

test('a static prompt of 1,024 tokens or more is reported as cached from the second call on', async () => {
  await using simulator = await startSimulator();
  const ask = async (about: string) => {
    const request = personRequest(about);
    const [system, user] = request.messages;
    assert.ok(system !== undefined && user !== undefined);
    system.content = 'word '.repeat(1500);
    const completion = await clientOf(simulator).chat.completions.create(request);
    return completion.usage?.prompt_tokens_details?.cached_tokens ?? -1;
  };
  assert.equal(await ask('someone'), 0);
  const cached = await ask('someone else');
  assert.ok(cached >= 1536 && cached % 128 === 0, `cached ${cached}`);
  assert.equal(simulator.stats().tokens.cached, cached);
});

test('latencies are log-normal with the median asked for, and the same for the same request', async () => {
  const latencies: number[] = [];
  const time = {
    wait: async (ms: number) => {
      latencies.push(ms);
    },
  };
  await using simulator = await startSimulator({ latencyMedianMs: 1000, latencySigma: 0.5 }, time);
  for (let index = 0; index < 101; index++) await askPerson(simulator, `${index}`);
  const sorted = latencies.toSorted((a, b) => a - b);
  const median = sorted[50] ?? 0;
  assert.ok(median > 800 && median < 1250, `median ${median}`);
  const logs = sorted.map((ms) => Math.log(ms / 1000));
  const sigma = Math.sqrt(logs.reduce((sum, log) => sum + log * log, 0) / logs.length);
  assert.ok(sigma > 0.4 && sigma < 0.6, `sigma ${sigma}`);

  const before = [...latencies];
  await using again = await startSimulator({ latencyMedianMs: 1000, latencySigma: 0.5 }, time);
  await askPerson(again, '7');
  assert.equal(latencies.at(-1), before[7]);
});

test('/stats, its alias and its reset', async () => {
  await using simulator = await startSimulator();
  await askPerson(simulator, MARIA);
  const root = simulator.url.replace('/v1', '');
  for (const url of [`${root}/stats`, `${simulator.url}/stats`])
    assert.deepEqual(await (await fetch(url)).json(), { ...simulator.stats() });
  const { calls, successes, successfulCalls, tokens, peak, inFlight, peakInFlight } = simulator.stats();
  assert.deepEqual({ calls, successes, successfulCalls }, { calls: 1, successes: 1, successfulCalls: 1 });
  assert.ok(tokens.prompt > 0 && tokens.completion > 0);
  const asked = { requests: 1, tokens: tokens.prompt + tokens.completion };
  assert.deepEqual(peak, { windowMs: 60_000, ...asked, admitted: asked });
  assert.deepEqual({ inFlight, peakInFlight }, { inFlight: 0, peakInFlight: 1 });
  assert.equal((await fetch(`${root}/stats/reset`, { method: 'POST' })).status, 200);
  assert.equal(simulator.stats().calls, 0);
  assert.equal(simulator.stats().peak.requests, 0);
});

test('a port in use is reported with its number and a way out', async () => {
  await using first = await startSimulator();
  await assert.rejects(startSimulator({ port: first.port }), (error: unknown) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, new RegExp(`port ${first.port} .*in use.*another port`));
    return true;
  });
});

test('an address that is not ours is a user error too', async () => {
  await assert.rejects(startSimulator({ host: '192.0.2.1' }), UserError);
});

test('stop() twice, and the port is free again', async () => {
  const simulator = await startSimulator();
  await Promise.all([simulator.stop(), simulator.stop()]);
  const successor = createServer();
  await new Promise<void>((resolve, reject) => {
    successor.once('error', reject);
    successor.listen(simulator.port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => successor.close(resolve));
});

test('stop() ends calls in their latency at once', async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const time = {
    wait: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
        started.resolve(signal);
      }),
  };
  const simulator = await startSimulator({ latencyMedianMs: 3_600_000 }, time);
  const failure = failureOf(askPerson(simulator, 'someone'));
  await started.promise;
  assert.equal(simulator.stats().inFlight, 1);
  await simulator.stop();
  assert.equal((await failure).name, 'Error');
  assert.equal(simulator.stats().inFlight, 0);
  assert.equal(simulator.stats().aborted, 1);
});
