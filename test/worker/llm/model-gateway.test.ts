import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { personaRequestSchema, personaSchema } from '../../../src/shared/person/schema.ts';
import { createMetrics } from '../../../src/shared/telemetry/metrics.ts';
import type { FaultKind } from '../../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import {
  CallAbortedError,
  createModelGateway,
  type ModelGatewayOptions,
  type ModelRequest,
  type Usage,
} from '../../../src/worker/llm/model-gateway.ts';

const REQUEST: ModelRequest = {
  model: 'gpt-test',
  system: 'You write believable people.',
  user: 'One person, please.',
  temperature: null,
  schema: { name: 'person', schema: personaRequestSchema({ alternateNames: false }).jsonSchema },
};
const running = new AbortController().signal;

/** A gateway to an endpoint, with what it told its caller and the metrics. */
function gatewayTo(t: TestContext, baseUrl: string, options: Partial<ModelGatewayOptions> = {}) {
  const metrics = createMetrics();
  const usages: Usage[] = [];
  const gateway = createModelGateway({
    apiKey: 'sk-test',
    baseUrl,
    timeoutMs: 10_000,
    maxCompletionTokens: 8_192,
    stopping: running,
    backoff: { baseMs: 0, maxMs: 0, random: () => 0 },
    metrics,
    ...options,
  });
  t.after(() => gateway.stop());
  const ask = (signal: AbortSignal = running, request: Partial<ModelRequest> = {}) =>
    gateway.complete({ ...REQUEST, ...request }, signal, (usage) => void usages.push(usage));
  return {
    usages,
    metrics,
    ask,
    async failure(request: Partial<ModelRequest> = {}): Promise<ModelCallError> {
      const error = await ask(running, request).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ModelCallError, String(error));
      return error;
    },
    /** Seconds for which a call is held back that is made now; it is given up at once. */
    async heldBackSeconds(): Promise<number> {
      const before = await total(metrics.modelWaitSeconds);
      const leaving = new AbortController();
      const given = assert.rejects(ask(leaving.signal), CallAbortedError);
      await setImmediate();
      leaving.abort();
      await given;
      return (await total(metrics.modelWaitSeconds)) - before;
    },
  };
}

async function total(
  metric: { get(): Promise<{ values: { value: number; labels: object }[] }> },
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await metric.get();
  const matching = values.filter((each) =>
    Object.entries(labels).every(([name, value]) => Reflect.get(each.labels, name) === value),
  );
  return matching.reduce((sum, { value }) => sum + value, 0);
}

async function simulated(
  t: TestContext,
  given: Partial<SimulatorOptions> = {},
  options: Partial<ModelGatewayOptions> = {},
) {
  const simulator = await startSimulator({ completionScale: 0, ...given });
  t.after(() => simulator.stop());
  return { simulator, ...gatewayTo(t, simulator.url, options) };
}
const faulty = (t: TestContext, kind: FaultKind, options: Partial<ModelGatewayOptions> = {}) =>
  simulated(t, { faults: { [kind]: 1 } }, options);

/** An endpoint that answers as the listener does. */
async function endpoint(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
const answering = (t: TestContext, status: number, body: string, headers: Record<string, string> = {}) =>
  endpoint(t, (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
const completion = (choice: object, more: object = {}) =>
  JSON.stringify({ id: 'c', object: 'chat.completion', model: 'compatible-1', choices: [choice], ...more });

test('an answer comes with its content, its model, its origin and its tokens, which are counted once', async (t) => {
  const { simulator, ask, usages, metrics } = await simulated(t);
  const answer = await ask();
  personaSchema.parse(JSON.parse(answer.content));
  assert.equal(answer.model, 'gpt-test');
  assert.equal(answer.simulated, true);
  const { tokens } = simulator.stats();
  assert.deepEqual(answer.usage, {
    promptTokens: tokens.prompt,
    cachedTokens: tokens.cached,
    completionTokens: tokens.completion,
  });
  assert.deepEqual(usages, [answer.usage]);
  const model = 'gpt-test';
  assert.equal(await total(metrics.tokens, { model, type: 'prompt' }), tokens.prompt);
  assert.equal(await total(metrics.tokens, { model, type: 'completion' }), tokens.completion);
  assert.equal(await total(metrics.modelRequests, { model, outcome: 'ok' }), 1);
  assert.equal(await total(metrics.modelRequestsInFlight), 0);
  assert.match(await metrics.registry.metrics(), /request_duration_seconds_count\{model="gpt-test"\} 1/);
});

test('the request asks for the schema, strictly, and for a temperature only where one is given', async (t) => {
  const bodies: Record<string, unknown>[] = [];
  const headers: (string | undefined)[] = [];
  const url = await endpoint(t, async (request, response) => {
    bodies.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    headers.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion({ message: { content: '{}' }, finish_reason: 'stop' }));
  });
  const { ask } = gatewayTo(t, url, { maxCompletionTokens: 77 });
  assert.equal((await ask()).simulated, false);
  await ask(running, { temperature: 0 });
  assert.deepEqual(bodies[0], {
    model: 'gpt-test',
    messages: [
      { role: 'system', content: REQUEST.system },
      { role: 'user', content: REQUEST.user },
    ],
    max_completion_tokens: 77,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'person', schema: REQUEST.schema.schema, strict: true },
    },
  });
  assert.equal(bodies[1]?.temperature, 0);
  assert.deepEqual(headers, ['Bearer sk-test', 'Bearer sk-test']);
});

test('a server that needs no key is called without one', async (t) => {
  const { ask } = await simulated(t, {}, { apiKey: '' });
  assert.equal((await ask()).simulated, true);
});

const faults: [kind: FaultKind, reaction: string, reason: string, answered: boolean][] = [
  ['rate_limit', 'wait', 'rate_limited', false],
  ['quota', 'pause', 'quota', false],
  ['server_error', 'retry', 'server_error', false],
  ['unavailable', 'retry', 'server_error', false],
  ['reset', 'retry', 'connection', false],
  ['truncated', 'retry', 'connection', false],
  ['length', 'retry', 'length', true],
  ['refusal', 'give-up', 'refusal', true],
];
for (const [kind, reaction, reason, answered] of faults) {
  test(`${kind}: one request, ${reaction}, ${reason}`, async (t) => {
    const { simulator, failure, metrics, usages } = await faulty(t, kind);
    const error = await failure();
    assert.deepEqual([error.reaction, error.reason], [reaction, reason]);
    assert.equal(simulator.stats().calls, 1, 'the client must not retry on its own');
    assert.equal(await total(metrics.modelRequests, { outcome: reason }), 1);
    assert.equal(await total(metrics.modelRequests), 1);
    assert.equal(await total(metrics.modelRequestsInFlight), 0);
    // The tokens of a useless answer were paid for.
    assert.equal(usages.length, answered ? 1 : 0);
    assert.equal((await total(metrics.tokens, { type: 'completion' })) > 0, answered);
  });
}

test('a wrong key pauses, and no message repeats it', async (t) => {
  const { failure } = await simulated(t, { apiKey: 'sk-right-one' }, { apiKey: 'sk-wrong-one' });
  const error = await failure();
  assert.deepEqual([error.reaction, error.reason], ['pause', 'credentials']);
  assert.doesNotMatch(error.message, /sk-/);
});

test('an endpoint that is not there is a failed connection', async (t) => {
  const { failure } = gatewayTo(t, 'http://127.0.0.1:1/v1');
  const error = await failure();
  assert.deepEqual([error.reaction, error.reason], ['retry', 'connection']);
});

test('a model that does not answer, or stops in the middle of its answer, times out', async (t) => {
  const hanging = await faulty(t, 'hang', { timeoutMs: 30 });
  const halfway = await endpoint(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"id":');
  });
  for (const { failure, metrics } of [hanging, gatewayTo(t, halfway, { timeoutMs: 30 })]) {
    const error = await failure();
    assert.deepEqual([error.reaction, error.reason], ['retry', 'timeout']);
    assert.equal(await total(metrics.modelRequestsInFlight), 0);
  }
});

test("the caller's signal ends a call in flight with CallAbortedError, which counts as no outcome", async (t) => {
  const leaving = new AbortController();
  const url = await endpoint(t, () => leaving.abort());
  const { ask, metrics } = gatewayTo(t, url);
  await assert.rejects(ask(leaving.signal), { name: 'CallAbortedError', wasSent: true });
  assert.equal(await total(metrics.modelRequests), 0);
  assert.equal(await total(metrics.modelRequestsInFlight), 0);
});

test('a call whose signal has aborted is not sent', async (t) => {
  const { simulator, ask } = await simulated(t);
  await assert.rejects(ask(AbortSignal.abort()), { name: 'CallAbortedError', wasSent: false });
  assert.equal(simulator.stats().calls, 0);
});

for (const [retryAfter, least, most] of [
  ['30', 20, 30],
  ['ms:40000', 30, 40],
  ['date:60', 45, 60],
  ['99999', 3_590, 3_600],
] as const) {
  test(`after a 429 with Retry-After ${retryAfter} every call of the process is held back`, async (t) => {
    const { simulator, failure, heldBackSeconds } = await simulated(t, {
      faults: { rate_limit: 1 },
      retryAfter,
    });
    assert.equal((await failure()).reaction, 'wait');
    const seconds = await heldBackSeconds();
    assert.ok(seconds > least && seconds <= most, `${seconds} s`);
    assert.equal(simulator.stats().calls, 1);
  });
}

test('a 429 that names no time holds back by the backoff alone, with garbage as without', async (t) => {
  const backoff = { baseMs: 40_000, maxMs: 60_000, random: () => 0.5 };
  for (const retryAfter of ['none', 'garbage']) {
    const faulted = await simulated(t, { faults: { rate_limit: 1 }, retryAfter }, { backoff });
    await faulted.failure();
    const seconds = await faulted.heldBackSeconds();
    assert.ok(seconds > 10 && seconds <= 20, `${seconds} s`);
  }
});

test('the jitter comes on top of what the provider asked for', async (t) => {
  const backoff = { baseMs: 40_000, maxMs: 60_000, random: () => 0.5 };
  const { failure, heldBackSeconds } = await simulated(
    t,
    { faults: { rate_limit: 1 }, retryAfter: '100' },
    { backoff },
  );
  await failure();
  const seconds = await heldBackSeconds();
  assert.ok(seconds > 110 && seconds <= 120, `${seconds} s`);
});

test('a call that was held back is sent when its time has come, and the one after an answer at once', async (t) => {
  let calls = 0;
  const url = await endpoint(t, (request, response) => {
    request.resume();
    calls += 1;
    if (calls === 1) response.writeHead(429, { 'retry-after-ms': '30' }).end('{}');
    else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion({ message: { content: 'x' } }));
    }
  });
  const { ask, failure, heldBackSeconds } = gatewayTo(t, url);
  assert.equal((await failure()).retryAfterMs, 30);
  assert.equal((await ask()).content, 'x');
  assert.equal(await heldBackSeconds(), 0);
});

for (const [between, answered, least, most] of [
  ['doubles the backoff', false, 30, 40],
  ['after an answer begins it anew', true, 10, 20],
] as const) {
  test(`a second 429 ${between}`, async (t) => {
    const statuses = answered ? [429, 200, 429] : [429, 429];
    const url = await endpoint(t, (request, response) => {
      request.resume();
      response.writeHead(statuses.shift() ?? 500, { 'content-type': 'application/json' });
      response.end(completion({ message: { content: 'x' } }));
    });
    // The first backoff is no time at all, so that the next call can be made.
    const random = [0];
    const { ask, failure, heldBackSeconds } = gatewayTo(t, url, {
      backoff: { baseMs: 40_000, maxMs: 3_600_000, random: () => random.shift() ?? 0.5 },
    });
    await failure();
    if (answered) await ask();
    await failure();
    const seconds = await heldBackSeconds();
    assert.ok(seconds > least && seconds <= most, `${seconds} s`);
  });
}

test('calls in flight together that are refused together count as one refusal, not as many in a row', async (t) => {
  const backoff = { baseMs: 40, maxMs: 3_600_000, random: () => 0.5 };
  const { simulator, ask, heldBackSeconds } = await simulated(t, { faults: { rate_limit: 1 } }, { backoff });
  const burst = await Promise.allSettled(Array.from({ length: 12 }, () => ask()));
  assert.ok(burst.every(({ status }) => status === 'rejected'));
  assert.equal(simulator.stats().calls, 12);
  // One refusal: at most 20 ms. Twelve in a row would be 41 s.
  assert.ok((await heldBackSeconds()) <= 0.02);
});

test('once the process is stopping no request is begun, and the one in flight goes on', async (t) => {
  const stopping = new AbortController();
  const url = await endpoint(t, (_request, response) => {
    stopping.abort();
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(completion({ message: { content: 'x' } }));
  });
  const { ask } = gatewayTo(t, url, { stopping: stopping.signal });
  assert.equal((await ask()).content, 'x');
  await assert.rejects(ask(), CallAbortedError);
});

test('a process that is held back and then stops begins no request', async (t) => {
  const stopping = new AbortController();
  const faults = { faults: { rate_limit: 1 }, retryAfter: '600' } as const;
  const { simulator, failure, ask } = await simulated(t, faults, { stopping: stopping.signal });
  await failure();
  const heldBack = assert.rejects(ask(), { name: 'CallAbortedError', wasSent: false });
  stopping.abort();
  await heldBack;
  assert.equal(simulator.stats().calls, 1);
});

test('a process held back leaves at once when it is told to stop', async (t) => {
  const { failure, heldBackSeconds } = await simulated(t, { faults: { rate_limit: 1 }, retryAfter: '600' });
  await failure();
  assert.ok((await heldBackSeconds()) > 500);
});

const useless: [what: string, body: string, reason: string][] = [
  ['null', 'null', 'bad_response'],
  ['a text', '"hello"', 'bad_response'],
  ['half a JSON', '{"choices": [', 'bad_response'],
  ['an error with status 200', '{"error":{"message":"no"}}', 'empty'],
  ['no choice', '{"choices":[]}', 'empty'],
  ['a choice that is null', '{"choices":[null]}', 'empty'],
  ['a message that is null', completion({ message: null }), 'empty'],
  ['no content', completion({ message: { content: null } }), 'empty'],
  ['empty content', completion({ message: { content: '' } }), 'empty'],
  ['content in parts', completion({ message: { content: [{ text: 'x' }] } }), 'empty'],
];
for (const [what, body, reason] of useless) {
  test(`an answer that holds ${what} is tried again: ${reason}`, async (t) => {
    const { failure } = gatewayTo(t, await answering(t, 200, body));
    const error = await failure();
    assert.deepEqual([error.reaction, error.reason], ['retry', reason]);
  });
}

test('an answer that the content filter withheld gives the slot up', async (t) => {
  const body = completion({ message: { content: 'half' }, finish_reason: 'content_filter' });
  const { failure } = gatewayTo(t, await answering(t, 200, body));
  const error = await failure();
  assert.deepEqual([error.reaction, error.reason], ['give-up', 'content_filter']);
});

test('token counts that are none count as 0: counters take nothing else', async (t) => {
  for (const usage of [
    null,
    {},
    { prompt_tokens: null, completion_tokens: '12', prompt_tokens_details: null },
    { prompt_tokens: -1, completion_tokens: 1.5, prompt_tokens_details: { cached_tokens: 1e300 } },
  ]) {
    const body = completion({ message: { content: 'x' } }, { usage });
    const { ask } = gatewayTo(t, await answering(t, 200, body));
    assert.deepEqual((await ask()).usage, { promptTokens: 0, cachedTokens: 0, completionTokens: 0 });
  }
});
