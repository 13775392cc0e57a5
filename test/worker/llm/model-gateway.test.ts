import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { personaSchema } from '../../../src/shared/person/schema.ts';
import {
  answering,
  completion,
  endpoint,
  faulty,
  gatewayTo,
  listening,
  MODEL,
  PROFILE,
  REQUEST,
  running,
  said,
  simulated,
  total,
} from './gateway-fixture.ts';

test('a call is let through, then begun, then sent, then settled, each once', async (t) => {
  const { simulator, ask, story, asked, settled } = await simulated(t);
  await ask();
  assert.deepEqual(story, ['acquire', 'begin', 'settle answered']);
  assert.equal(asked[0]?.account, 'simulation/population');
  assert.equal(asked[0]?.kind, 'calls');
  assert.equal(simulator.stats().calls, 1);
  assert.equal(settled.length, 1);
});

test('an answer comes with its content, its model, its origin and its tokens, which are counted once', async (t) => {
  const { simulator, ask, usages, settled, metrics } = await simulated(t);
  const answer = await ask();
  personaSchema.parse(JSON.parse(answer.content));
  assert.equal(answer.model, MODEL);
  assert.equal(answer.simulated, true);
  const { tokens } = simulator.stats();
  assert.deepEqual(answer.usage, {
    promptTokens: tokens.prompt,
    cachedTokens: tokens.cached,
    cacheWriteTokens: 0,
    completionTokens: tokens.completion,
  });
  assert.deepEqual(usages, [answer.usage]);
  const [outcome] = settled;
  assert.ok(outcome?.kind === 'answered');
  assert.deepEqual(outcome.usage, answer.usage);
  // 1 dollar in, half of it for what was cached, 4 dollars out, for a million tokens.
  const { prompt, cached, completion: written } = tokens;
  assert.equal(outcome.nanoDollars, (prompt - cached) * 1_000 + cached * 500 + written * 4_000);
  assert.ok(outcome.latencyMs > 0);
  assert.equal(await total(metrics.tokens, { model: MODEL, type: 'prompt' }), tokens.prompt);
  assert.equal(await total(metrics.tokens, { model: MODEL, type: 'completion' }), tokens.completion);
  assert.equal(await total(metrics.dollars, { model: MODEL }), outcome.nanoDollars / 1e9);
  assert.equal(await total(metrics.modelRequests, { model: MODEL, outcome: 'ok' }), 1);
  assert.equal(await total(metrics.modelRequestsInFlight), 0);
  assert.match(await metrics.registry.metrics(), /request_duration_seconds_count\{model="gpt-test"\} 1/);
});

test('what a call reserves is at least what it uses, in tokens and in dollars', async (t) => {
  const { simulator, ask, asked, settled } = await simulated(t);
  for (const user of ['One person, please.', 'Another one, of another place, and much older.'])
    await ask({ user });
  const prompts = settled.map((outcome) => (outcome.kind === 'answered' ? outcome.usage.promptTokens : 0));
  assert.equal(prompts[0] ?? 0, simulator.stats().tokens.prompt - (prompts[1] ?? 0));
  for (const [index, { promptTokens, completionTokens, nanoDollars }] of asked.entries()) {
    assert.ok(promptTokens >= (prompts[index] ?? 0), `${promptTokens} for ${prompts[index]}`);
    assert.equal(completionTokens, PROFILE.completionTokens);
    // The dearest that a prompt can be is to be written to the cache, at 2 dollars.
    assert.equal(nanoDollars, promptTokens * 2_000 + completionTokens * 4_000);
  }
  // The second one was counted with what the first one taught: the simulator counts as we do.
  assert.equal(asked[1]?.promptTokens, prompts[1]);
});

test('a model without a price has no cost, neither before nor after', async (t) => {
  const { ask, asked, settled } = await simulated(t, {}, { profile: { price: undefined } });
  await ask();
  assert.equal(asked[0]?.nanoDollars, undefined);
  assert.ok(settled[0]?.kind === 'answered' && settled[0].nanoDollars === undefined);
});

test('a request for more room reserves it, and sends it', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const { ask, asked } = gatewayTo(t, url);
  await ask();
  await ask({ moreRoom: true });
  assert.deepEqual([bodies[0]?.max_completion_tokens, bodies[1]?.max_completion_tokens], [4_000, 9_000]);
  assert.deepEqual(
    asked.map(({ completionTokens }) => completionTokens),
    [4_000, 9_000],
  );
});

test('more room is no more than one request may have beside its prompt', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const { ask, asked, limiter } = gatewayTo(t, url, { countPromptTokens: () => 1_000 });
  limiter.tokenLimit = () => 7_000;
  await ask({ moreRoom: true });
  // The prompt may be a quarter longer than it was counted.
  assert.equal(bodies[0]?.max_completion_tokens, 5_750);
  assert.equal((asked[0]?.promptTokens ?? 0) + (asked[0]?.completionTokens ?? 0), 7_000);
});

test('where there is no more room the slot is given up, before anything is asked for', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const small = gatewayTo(t, url, { countPromptTokens: () => 1_000 });
  small.limiter.tokenLimit = () => 5_250;
  const fixed = gatewayTo(t, url, { profile: { maxCompletionTokens: PROFILE.completionTokens } });
  for (const [{ failure, story }, why] of [
    [small, /limit of 5250 tokens leaves no more/],
    [fixed, /PERSONA_FLEET_MAX_COMPLETION_TOKENS allows no more/],
  ] as const) {
    const { reaction, reason, message } = await failure({ moreRoom: true });
    assert.deepEqual([reaction, reason], ['give-up', 'length']);
    assert.match(message, why);
    assert.deepEqual(story, []);
  }
  assert.equal(bodies.length, 0);
});

test('the request asks for the schema, strictly, and for a temperature only where one is given', async (t) => {
  const { url, bodies, headers } = await answering(t, said('{}'));
  const { ask } = gatewayTo(t, url, { headers: { 'x-title': 'people' } });
  assert.equal((await ask()).simulated, false);
  await ask({ temperature: 0 });
  assert.deepEqual(bodies[0], {
    model: MODEL,
    messages: [
      { role: 'system', content: REQUEST.system },
      { role: 'user', content: REQUEST.user },
    ],
    max_completion_tokens: 4_000,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'person', schema: REQUEST.schema.schema, strict: true },
    },
  });
  assert.equal(bodies[1]?.temperature, 0);
  for (const sent of headers) {
    assert.equal(sent.authorization, 'Bearer sk-test');
    assert.equal(sent['x-title'], 'people');
  }
});

test('what begins is what is sent: the expected request only says how large it is', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const { complete, callOf } = gatewayTo(t, url);
  await complete(callOf({}, { begin: async () => ({ ...REQUEST, user: 'Ama Boateng, please.' }) }));
  assert.match(JSON.stringify(bodies[0]), /Ama Boateng/);
});

test('a server that needs no key is called without one', async (t) => {
  const { ask } = await simulated(t, {}, { apiKey: '' });
  assert.equal((await ask()).simulated, true);
});

test('when there is nothing to begin, nothing is sent and everything given back', async (t) => {
  const { simulator, complete, callOf, settled } = await simulated(t);
  assert.equal(await complete(callOf({}, { begin: async () => undefined })), undefined);
  assert.deepEqual(settled, [{ kind: 'unsent' }]);
  assert.equal(simulator.stats().calls, 0);
});

test('a call that cannot be begun gives its permit back, and says why', async (t) => {
  const { simulator, complete, callOf, settled } = await simulated(t);
  const begin = () => Promise.reject(new Error('Redis is gone'));
  await assert.rejects(complete(callOf({}, { begin })), /Redis is gone/);
  assert.deepEqual(settled, [{ kind: 'unsent' }]);
  assert.equal(simulator.stats().calls, 0);
});

test('a permit that is old before the call begins is given back, and the call not begun for it', async (t) => {
  const { ask, freshness, story } = await simulated(t);
  freshness.push(false);
  await ask();
  assert.deepEqual(story, ['acquire', 'settle unsent', 'acquire', 'begin', 'settle answered']);
});

test('a permit that grows old before the request could be sent is given back, and what was begun taken back', async (t) => {
  const { simulator, ask, freshness, story } = await simulated(t);
  freshness.push(true, false);
  await ask();
  const first = ['acquire', 'begin', 'settle unsent', 'take back'];
  assert.deepEqual(story, [...first, 'acquire', 'begin', 'settle answered']);
  assert.equal(simulator.stats().calls, 1);
});

test('what was cancelled while its second permit was waited for is not sent', async (t) => {
  const { simulator, complete, callOf, freshness, story } = await simulated(t);
  freshness.push(true, false);
  const requests = [REQUEST, undefined];
  assert.equal(await complete(callOf({}, { begin: async () => requests.shift() })), undefined);
  assert.deepEqual(story, ['acquire', 'settle unsent', 'take back', 'acquire', 'settle unsent']);
  assert.equal(simulator.stats().calls, 0);
});

test('permits that are always old are counted, and after twenty the call pauses and says what to do', async (t) => {
  const { simulator, failure, freshness, story, metrics } = await simulated(t);
  freshness.push(...Array<boolean>(40).fill(false));
  const { reaction, reason, message } = await failure();
  assert.deepEqual([reaction, reason], ['pause', 'slow_redis']);
  assert.match(message, /round trips to Redis.*PERSONA_FLEET_RATE_GUARD_MS/);
  assert.equal(story.filter((step) => step === 'settle unsent').length, 20);
  assert.equal(await total(metrics.stalePermits, { model: MODEL }), 20);
  assert.equal(simulator.stats().calls, 0);
});

test('a few old permits only take time', async (t) => {
  const { ask, freshness, metrics } = await simulated(t);
  freshness.push(...Array<boolean>(19).fill(false));
  await ask();
  assert.equal(await total(metrics.stalePermits, { model: MODEL }), 19);
});

test('a connection that was made too late for one permit is used for the next', async (t) => {
  const sockets = new Set<unknown>();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(said('{}').body);
  }).on('connection', (socket) => sockets.add(socket));
  const { ask, freshness, story } = gatewayTo(t, await listening(t, server));
  // Asked when it was given, and when the request could be written.
  freshness.push(true, false);
  await ask();
  assert.equal(story.filter((step) => step === 'acquire').length, 2);
  assert.equal(sockets.size, 1);
});

test("the caller's signal ends a call in flight with CallAbortedError: nobody knows what it used", async (t) => {
  const leaving = new AbortController();
  const url = await endpoint(t, () => leaving.abort());
  const { ask, metrics, settled } = gatewayTo(t, url);
  await assert.rejects(ask({}, leaving.signal), { name: 'CallAbortedError', wasSent: true });
  assert.deepEqual(settled, [{ kind: 'lost' }]);
  const { values } = await metrics.modelRequests.get();
  const counted = values.filter(({ value }) => value > 0);
  assert.deepEqual(
    counted.map(({ labels, value }) => [labels.outcome, value]),
    [['aborted', 1]],
  );
  assert.equal(await total(metrics.modelRequestsInFlight), 0);
});

test('a call whose signal aborts before it could be sent is given back', async (t) => {
  const { simulator, complete, callOf, settled } = await simulated(t);
  const leaving = new AbortController();
  const call = callOf(
    {},
    {
      begin: async () => {
        leaving.abort();
        return REQUEST;
      },
    },
  );
  await assert.rejects(complete(call, leaving.signal), { name: 'CallAbortedError', wasSent: false });
  assert.deepEqual(settled, [{ kind: 'unsent' }]);
  assert.equal(simulator.stats().calls, 0);
});

test('a call whose signal has aborted is not even let through', async (t) => {
  const { simulator, ask, settled } = await simulated(t);
  await assert.rejects(ask({}, AbortSignal.abort()), { name: 'CallAbortedError', wasSent: false });
  assert.equal(simulator.stats().calls, 0);
  assert.deepEqual(settled, []);
});

test('once the process is stopping no request is sent, and the one in flight goes on', async (t) => {
  const stopping = new AbortController();
  const url = await endpoint(t, (request, response) => {
    request.resume();
    stopping.abort();
    response.writeHead(200, { 'content-type': 'application/json' }).end(said('{"a":1}').body);
  });
  const { ask, settled } = gatewayTo(t, url, { stopping: stopping.signal });
  assert.equal((await ask()).content, '{"a":1}');
  await assert.rejects(ask(), { name: 'CallAbortedError', wasSent: false });
  assert.equal(settled.length, 1);
});

test('a process that stops while a call begins does not send it', async (t) => {
  const stopping = new AbortController();
  const { simulator, complete, callOf, settled } = await simulated(t, {}, { stopping: stopping.signal });
  const begin = async () => {
    stopping.abort();
    return REQUEST;
  };
  await assert.rejects(complete(callOf({}, { begin })), { name: 'CallAbortedError', wasSent: false });
  assert.deepEqual(settled, [{ kind: 'unsent' }]);
  assert.equal(simulator.stats().calls, 0);
});

test('a provider that pauses the fleet does so before the call is settled, and once', async (t) => {
  const { failure, story, pauses } = await faulty(t, 'quota');
  const error = await failure();
  assert.deepEqual(story, ['acquire', 'begin', 'pause', 'settle refused']);
  assert.deepEqual(pauses, [['quota', error.message]]);
});

test('a pause that cannot be told to Redis still pauses the caller', async (t) => {
  const { limiter, failure } = await faulty(t, 'quota');
  limiter.pause = () => Promise.reject(new Error('Redis is gone'));
  assert.equal((await failure()).reaction, 'pause');
});

test('what the limiter refuses is not begun', async (t) => {
  const { limiter, complete, callOf, story } = await simulated(t);
  limiter.acquire = () => Promise.reject(new Error('the budget is spent'));
  await assert.rejects(complete(callOf({}), running), /the budget is spent/);
  assert.deepEqual(story, []);
});

test('the limits that a provider shows are passed on, of answers and of refusals', async (t) => {
  const headers = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-reset-tokens': '1m30s' };
  const seen = { limitRequests: 60, resetTokensMs: 90_000 };
  const { url } = await answering(t, { ...said('{}'), headers }, { status: 500, headers, body: '{}' });
  const { ask, failure, settled } = gatewayTo(t, url);
  await ask();
  await failure();
  for (const outcome of settled) {
    assert.ok(outcome.kind === 'answered' || outcome.kind === 'refused');
    const given = Object.entries(outcome.seen ?? {}).filter(([, value]) => value !== undefined);
    assert.deepEqual(Object.fromEntries(given), seen);
  }
  assert.equal(settled.length, 2);
});

test('an answer without usage is charged with what is counted here', async (t) => {
  const content = JSON.stringify({ name: 'Ama Boateng', age: 41 });
  const counted = { promptTokens: 1, completionTokens: content.length };
  for (const usage of [
    null,
    {},
    { prompt_tokens: null, completion_tokens: '12', prompt_tokens_details: null },
    { prompt_tokens: -1, completion_tokens: 1.5, prompt_tokens_details: { cached_tokens: 1e300 } },
    { prompt_tokens: 0, total_tokens: 0 },
  ]) {
    const { url } = await answering(t, { body: completion({ message: { content } }, { usage }) });
    const { ask, settled } = gatewayTo(t, url, {
      countPromptTokens: () => counted.promptTokens,
      countTokens: (text) => text.length,
    });
    const expected = { ...counted, cachedTokens: 0, cacheWriteTokens: 0 };
    assert.deepEqual((await ask()).usage, expected, JSON.stringify(usage));
    assert.ok(settled[0]?.kind === 'answered');
    assert.deepEqual(settled[0].usage, expected);
  }
});
