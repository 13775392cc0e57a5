import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { ModelCallError } from '../../../src/shared/errors.ts';
import type { FaultKind } from '../../../src/simulator/faults.ts';
import type { CallOutcome } from '../../../src/worker/llm/limiter.ts';
import type { ModelRequest } from '../../../src/worker/llm/model-call.ts';
import { type Row, reactions } from '../../../src/worker/llm/reactions.ts';
import {
  answering,
  completion,
  endpoint,
  faulty,
  gatewayTo,
  MODEL,
  type Said,
  said,
  simulated,
  total,
} from './gateway-fixture.ts';

/** How a call was settled, in a word; `!` when it counts for the breaker. */
type Settled =
  | 'answered'
  | 'answered!'
  | 'answered, rate-limited'
  | 'refused'
  | 'refused!'
  | 'rate-limited'
  | 'lost'
  | 'lost!'
  | 'unreachable';
type Expected = [reaction: string, reason: string, settled: Settled];

const covered = new Set<Row>();

/** Whether the error comes of this row, and not of another with the same reason. */
function isOf(row: Row, error: ModelCallError, outcome: CallOutcome | undefined): boolean {
  const { status = '0' } = /\b(?<status>\d{3})\b/.exec(error.message)?.groups ?? {};
  const start = (message: string) => message.split(' (', 1)[0];
  return (
    row.reason === error.reason &&
    row.reaction === error.reaction &&
    row.call === outcome?.kind &&
    start(row.message({ status: Number(status), codes: '', model: MODEL })) === start(error.message)
  );
}

async function check(
  { failure, settled, pauses, metrics }: ReturnType<typeof gatewayTo>,
  expected: Expected,
  request: Partial<ModelRequest> = {},
) {
  const error = await failure(request);
  const [outcome] = settled;
  assert.equal(settled.length, 1);
  assert.deepEqual([error.reaction, error.reason, word(outcome)], expected);
  assert.equal(pauses.length, error.reaction === 'pause' ? 1 : 0);
  assert.equal(await total(metrics.modelRequests, { outcome: error.reason }), 1);
  assert.equal(await total(metrics.modelRequests), 1);
  assert.equal(await total(metrics.modelRequestsInFlight), 0);
  assert.doesNotMatch(error.message, /sk-|simulated/, 'what the provider said is not repeated');
  for (const row of reactions) if (isOf(row, error, outcome)) covered.add(row);
  return error;
}

function word(outcome: ReturnType<typeof gatewayTo>['settled'][number] | undefined): string {
  switch (outcome?.kind) {
    case 'answered':
      return outcome.rateLimited ? 'answered, rate-limited' : outcome.failing ? 'answered!' : 'answered';
    case 'refused':
      return outcome.rateLimited ? 'rate-limited' : outcome.failing ? 'refused!' : 'refused';
    case 'lost':
      return outcome.failing ? 'lost!' : 'lost';
    case 'unsent':
      return outcome.unreachable ? 'unreachable' : 'unsent';
    default:
      return 'not settled';
  }
}

const faults: [kind: FaultKind, ...Expected][] = [
  ['rate_limit', 'wait', 'rate_limited', 'rate-limited'],
  ['rate_limit_in_200', 'wait', 'rate_limited', 'rate-limited'],
  ['quota', 'pause', 'quota', 'refused'],
  ['payment_required', 'pause', 'quota', 'refused'],
  ['unauthorized', 'pause', 'credentials', 'refused'],
  ['forbidden', 'pause', 'credentials', 'refused'],
  ['model_not_found', 'pause', 'model_not_found', 'refused'],
  ['not_found', 'pause', 'endpoint_not_found', 'refused'],
  ['request_too_large', 'pause', 'request_too_large', 'refused'],
  ['server_error', 'retry', 'server_error', 'refused!'],
  ['unavailable', 'retry', 'server_error', 'refused!'],
  ['bad_gateway_html', 'retry', 'server_error', 'refused!'],
  ['error_in_200', 'retry', 'server_error', 'refused!'],
  ['conflict', 'retry', 'server_error', 'refused!'],
  ['request_timeout', 'retry', 'server_error', 'refused!'],
  ['reset', 'retry', 'connection', 'lost!'],
  ['truncated', 'retry', 'connection', 'lost!'],
  ['html', 'retry', 'bad_response', 'refused!'],
  ['not_json', 'retry', 'bad_response', 'lost!'],
  ['context_too_long', 'give-up', 'context_too_long', 'refused'],
  ['content_filter_400', 'give-up', 'content_filter', 'refused'],
  ['bad_request', 'give-up', 'bad_request', 'refused'],
  ['content_filter', 'give-up', 'content_filter', 'answered'],
  ['refusal', 'give-up', 'refusal', 'answered'],
  ['length', 'retry', 'length', 'answered'],
  ['empty_choices', 'retry', 'empty', 'answered'],
  ['empty_content', 'retry', 'empty', 'answered'],
];
for (const [kind, ...expected] of faults) {
  test(`the simulator's ${kind}: ${expected.join(', ')}`, async (t) => {
    const made = await faulty(t, kind);
    await check(made, expected);
    const { calls, tokens } = made.simulator.stats();
    assert.equal(calls, 1, 'the client must not retry on its own');
    // The tokens of a useless answer were paid for.
    const isAnswered = expected[2] === 'answered';
    assert.deepEqual(
      made.usages.map(({ promptTokens, completionTokens }) => [promptTokens, completionTokens]),
      isAnswered ? [[tokens.prompt, tokens.completion]] : [],
    );
  });
}

for (const kind of ['wrong_type', 'no_usage', 'fenced_json', 'invalid_json'] as const) {
  test(`the simulator's ${kind} is an answer: the tokens are paid, and what is in it is read elsewhere`, async (t) => {
    const { ask, settled } = await faulty(t, kind);
    assert.ok((await ask()).content.length > 100);
    assert.ok(settled[0]?.kind === 'answered' && settled[0].usage.completionTokens > 0);
  });
}

test('an answer that is cut off with more room as well gives the slot up', async (t) => {
  const made = await faulty(t, 'length');
  await check(made, ['give-up', 'length', 'answered'], { moreRoom: true });
});

const openai = (status: number, error: object, headers?: Record<string, string>): Said => ({
  status,
  body: JSON.stringify({ error: { message: 'said sk-secret-1', ...error } }),
  ...(headers === undefined ? {} : { headers }),
});
const billed = (status: number, tokens = 700): Said => ({
  status,
  body: JSON.stringify({
    error: { message: 'no' },
    usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
  }),
});
const text = (status: number, body: string): Said => ({
  status,
  body,
  headers: { 'content-type': 'text/html' },
});

const replies: [what: string, reply: Said, ...Expected][] = [
  ['429 without a body', { status: 429, body: '' }, 'wait', 'rate_limited', 'rate-limited'],
  ['a 429 page of a proxy', text(429, '<html>slow down</html>'), 'wait', 'rate_limited', 'rate-limited'],
  ['429 of code quota', openai(429, { code: 'insufficient_quota' }), 'pause', 'quota', 'refused'],
  ['429 of a balance', openai(429, { code: 'credit_balance_exhausted' }), 'pause', 'quota', 'refused'],
  [
    '429 of a spend limit',
    openai(429, { code: 'project_spend_limit_exceeded' }),
    'pause',
    'quota',
    'refused',
  ],
  [
    '429 of quota that says come back',
    openai(429, { type: 'insufficient_quota' }, { 'retry-after': '1', 'x-should-retry': 'true' }),
    'pause',
    'quota',
    'refused',
  ],
  ['429 not to be retried', openai(429, {}, { 'x-should-retry': 'false' }), 'pause', 'quota', 'refused'],
  [
    "OpenAI's 403 for a model",
    openai(403, { code: 'model_not_found', message: 'Project `p` does not have access to model' }),
    'pause',
    'model_not_found',
    'refused',
  ],
  [
    "OpenRouter's moderation",
    openai(403, { code: 403, message: 'Input flagged', metadata: { reasons: ['x'] } }),
    'give-up',
    'content_filter',
    'refused',
  ],
  [
    "Azure's missing deployment",
    openai(404, { code: 'DeploymentNotFound' }),
    'pause',
    'model_not_found',
    'refused',
  ],
  [
    "Ollama's missing model",
    { status: 404, body: '{"error":"model \\"llama9\\" not found, try pulling it first"}' },
    'pause',
    'model_not_found',
    'refused',
  ],
  [
    "vLLM's missing model, flat",
    {
      status: 404,
      body: '{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}',
    },
    'pause',
    'model_not_found',
    'refused',
  ],
  [
    "OpenRouter's unknown model",
    openai(400, { code: 400, message: 'x/y is not a valid model ID' }),
    'pause',
    'model_not_found',
    'refused',
  ],
  ['404 of a website', text(404, '<h1>Not Found</h1>'), 'pause', 'endpoint_not_found', 'refused'],
  [
    "FastAPI's 404",
    { status: 404, body: '{"detail":"Not Found"}' },
    'pause',
    'endpoint_not_found',
    'refused',
  ],
  ['405', openai(405, {}), 'pause', 'endpoint_not_found', 'refused'],
  [
    'a redirect',
    { status: 308, body: '', headers: { location: 'https://elsewhere.example/v1' } },
    'pause',
    'endpoint_not_found',
    'refused',
  ],
  [
    'plain HTTP to an HTTPS port',
    text(400, '<html>The plain HTTP request was sent to HTTPS port</html>'),
    'pause',
    'endpoint_not_found',
    'refused',
  ],
  ['500 with a page', text(500, '<html>'), 'retry', 'server_error', 'refused!'],
  ['504 of a proxy: the model may have answered', text(504, '<html>'), 'retry', 'server_error', 'lost!'],
  ['529', openai(529, {}), 'retry', 'server_error', 'refused!'],
  [
    '500 not to be retried',
    openai(500, {}, { 'x-should-retry': 'false' }),
    'give-up',
    'bad_request',
    'refused',
  ],
  ['400 to be retried', openai(400, {}, { 'x-should-retry': 'true' }), 'retry', 'server_error', 'refused!'],
  ['422', openai(422, {}), 'give-up', 'bad_request', 'refused'],
  ['413 of a proxy', text(413, '<html>'), 'give-up', 'context_too_long', 'refused'],
  [
    "vLLM's context",
    openai(400, {
      code: 400,
      message: "This model's maximum context length is 4096 tokens. However, you requested",
    }),
    'give-up',
    'context_too_long',
    'refused',
  ],
  [
    "llama.cpp's context",
    openai(400, { code: 400, type: 'exceed_context_size_error', message: 'the request exceeds' }),
    'give-up',
    'context_too_long',
    'refused',
  ],
  [
    "LM Studio's context",
    {
      status: 400,
      body: '{"error":"Trying to keep the first 6000 tokens when context the overflows. However, the model is loaded with"}',
    },
    'give-up',
    'context_too_long',
    'refused',
  ],
  [
    "Gemini's error in a list",
    {
      status: 400,
      body: '[{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number"}}]',
    },
    'give-up',
    'context_too_long',
    'refused',
  ],
  [
    "Groq's model that wrote no JSON",
    openai(400, { code: 'json_validate_failed' }),
    'retry',
    'invalid_json',
    'lost',
  ],
  [
    'an error with status 200 and no code',
    { body: '{"error":{"message":"no"}}' },
    'retry',
    'server_error',
    'refused!',
  ],
  [
    'an error in the choice, with what it used',
    { body: completion({ error: { code: 502, message: 'died' }, message: { content: 'half' } }) },
    'retry',
    'server_error',
    'answered!',
  ],
  ['429 that was billed: an attempt', billed(429), 'retry', 'rate_limited', 'answered, rate-limited'],
  [
    '429 in the choice of a billed answer',
    { body: completion({ error: { code: 429, message: 'slow' }, message: { content: 'half' } }) },
    'retry',
    'rate_limited',
    'answered, rate-limited',
  ],
  ['429 that used nothing', billed(429, 0), 'wait', 'rate_limited', 'rate-limited'],
  ['503 that was billed', billed(503), 'retry', 'server_error', 'answered!'],
  ['503 that used nothing', billed(503, 0), 'retry', 'server_error', 'refused!'],
  ['504 that was billed', billed(504), 'retry', 'server_error', 'answered!'],
  ['401 that was billed', billed(401), 'pause', 'credentials', 'answered'],
  ['null', { body: 'null' }, 'retry', 'bad_response', 'lost!'],
  ['a text', { body: '"hello"' }, 'retry', 'bad_response', 'lost!'],
  ['a list', { body: '[]' }, 'retry', 'bad_response', 'lost!'],
  ['nothing', { body: '' }, 'retry', 'bad_response', 'lost!'],
  ['half a JSON', { body: '{"choices": [' }, 'retry', 'bad_response', 'lost!'],
  ['no choice', { body: '{"choices":[]}' }, 'retry', 'empty', 'answered'],
  ['a choice that is null', { body: '{"choices":[null]}' }, 'retry', 'empty', 'answered'],
  ['a message that is null', { body: completion({ message: null }) }, 'retry', 'empty', 'answered'],
  ['no content', { body: completion({ message: { content: null } }) }, 'retry', 'empty', 'answered'],
  ['blank content', said(' \n'), 'retry', 'empty', 'answered'],
  [
    'content in parts',
    { body: completion({ message: { content: [{ text: 'x' }] } }) },
    'retry',
    'empty',
    'answered',
  ],
  [
    'nothing but thoughts until the room is used up',
    { body: completion({ message: { content: '' }, finish_reason: 'length' }) },
    'retry',
    'length',
    'answered',
  ],
];
for (const [what, reply, ...expected] of replies) {
  test(`${what}: ${expected.join(', ')}`, async (t) => {
    const { url } = await answering(t, reply);
    await check(gatewayTo(t, url), expected);
  });
}

for (const [retryAfter, floorMs] of [
  ['0', 0],
  ['5', 5_000],
  ['300', 300_000],
  ['ms:40000', 40_000],
  ['99999', 3_600_000],
  ['none', undefined],
  ['garbage', undefined],
] as const) {
  test(`a 429 with Retry-After ${retryAfter} makes the fleet wait that long at least`, async (t) => {
    const { failure, settled } = await simulated(t, { faults: { rate_limit: 1 }, retryAfter });
    assert.equal((await failure()).retryAfterMs, floorMs);
    assert.ok(settled[0]?.kind === 'refused');
    assert.deepEqual(settled[0].rateLimited, { retryAfterMs: floorMs });
  });
}

test('a 429 with a date makes the fleet wait until then', async (t) => {
  const at = Date.parse('2030-01-01T00:01:00Z');
  const { url } = await answering(t, openai(429, {}, { 'retry-after': new Date(at).toUTCString() }));
  const { failure } = gatewayTo(t, url, { now: () => at - 60_000 });
  assert.equal((await failure()).retryAfterMs, 60_000);
});

test('a wrong key pauses, and no message repeats it', async (t) => {
  const made = await simulated(t, { apiKey: 'sk-right-one' }, { apiKey: 'sk-wrong-one' });
  await check(made, ['pause', 'credentials', 'refused']);
});

test('an endpoint that refuses connections costs nothing: everybody waits', async (t) => {
  const error = await check(gatewayTo(t, 'http://127.0.0.1:1/v1'), ['wait', 'unreachable', 'unreachable']);
  assert.match(error.message, /ECONNREFUSED/);
});

test('a server that hangs up before the connection is secured has heard of nothing', async (t) => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await check(gatewayTo(t, `https://127.0.0.1:${address.port}/v1`), ['wait', 'unreachable', 'unreachable']);
});

test('a server that never completes the connection is unreachable after the connect timeout', async (t) => {
  // It accepts, and says nothing to the TLS client.
  const server = createServer((socket) => t.after(() => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const timeouts = { connectMs: 30, firstByteMs: 10_000, totalMs: 10_000 };
  const made = gatewayTo(t, `https://127.0.0.1:${address.port}/v1`, { timeouts });
  await check(made, ['wait', 'unreachable', 'unreachable']);
});

test('a model that does not begin to answer times out', async (t) => {
  const timeouts = { connectMs: 10_000, firstByteMs: 30, totalMs: 10_000 };
  const error = await check(await faulty(t, 'hang', { timeouts }), ['retry', 'timeout', 'lost!']);
  assert.match(error.message, /FIRST_BYTE/);
});

test('a model that stops in the middle of its answer, or never begins, is bounded by the total time', async (t) => {
  const timeouts = { connectMs: 10_000, firstByteMs: 10_000, totalMs: 30 };
  const halfway = await endpoint(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
    response.write('{"id":');
  });
  for (const made of [await faulty(t, 'hang', { timeouts }), gatewayTo(t, halfway, { timeouts })]) {
    const error = await check(made, ['retry', 'timeout', 'lost!']);
    assert.match(error.message, /MODEL_TIMEOUT/);
  }
});

test('an answer without end is not read to its end', async (t) => {
  const megabyte = Buffer.alloc(1_048_576, 32);
  const url = await endpoint(t, (_request, response) => {
    response.on('error', () => {});
    const more = () => {
      while (!response.destroyed && response.write(megabyte));
      response.once('drain', more);
    };
    more();
  });
  await check(gatewayTo(t, url), ['retry', 'bad_response', 'lost!']);
});

test('every row of the table was met, and its reason is a short code', () => {
  for (const row of reactions) {
    assert.match(row.reason, /^[a-z_]{4,20}$/);
    assert.ok(covered.has(row), `${row.reason}, ${row.reaction}, ${row.call}`);
  }
});
