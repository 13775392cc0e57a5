import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultKind } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { askPerson, clientOf, failureOf, MARIA, personRequest } from './simulated-client.ts';

const always = (kind: FaultKind) => startSimulator({ faults: { [kind]: 1 } });

/** The reply as it is on the wire. */
async function replyTo(simulator: { readonly url: string }) {
  const response = await fetch(`${simulator.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(personRequest(MARIA)),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

describe('errors in OpenAI’s form', () => {
  const cases: [FaultKind, status: number, code: string | null, message: RegExp][] = [
    ['unauthorized', 401, 'invalid_api_key', /Incorrect API key/],
    ['forbidden', 403, 'unsupported_country_region_territory', /not supported/],
    ['payment_required', 402, 'invalid_request_error', /Insufficient Balance/],
    ['not_found', 404, null, /Not Found/],
    ['model_not_found', 404, 'model_not_found', /`simulated-1` does not exist/],
    ['context_too_long', 400, 'context_length_exceeded', /maximum context length/],
    ['bad_request', 400, null, /Invalid request/],
    ['content_filter_400', 400, 'content_filter', /content management policy/],
    ['request_too_large', 429, 'rate_limit_exceeded', /Request too large/],
    ['conflict', 409, null, /changed by another/],
    ['request_timeout', 408, null, /too long/],
  ];
  for (const [kind, status, code, message] of cases)
    test(kind, async () => {
      await using simulator = await always(kind);
      const failure = await failureOf(askPerson(simulator, MARIA));
      assert.deepEqual([failure.status, failure.code], [status, code]);
      assert.match(failure.message, message);
      assert.equal(failure.headers?.get('retry-after'), null);
      const { byFault, byStatus, successes, tokens, windowsOver } = simulator.stats();
      assert.deepEqual([byFault[kind], byStatus[status], successes, tokens.prompt], [1, 1, 0, 0]);
      assert.equal(windowsOver, 0, 'an injected 429 is not one of the limits');
    });
});

describe('bodies that are no completion', () => {
  const cases: [FaultKind, status: number, type: RegExp, body: RegExp][] = [
    ['bad_gateway_html', 502, /^text\/html/, /^<html>.*502 Bad Gateway/s],
    ['html', 200, /^text\/html/, /^<html>/],
    ['not_json', 200, /^application\/json$/, /^upstream/],
    ['error_in_200', 200, /^application\/json$/, /^\{"error":\{"message":"[^"]+","code":502,/],
    ['rate_limit_in_200', 200, /^application\/json$/, /^\{"error":\{"message":"[^"]+","code":429,/],
  ];
  for (const [kind, status, type, body] of cases)
    test(kind, async () => {
      await using simulator = await always(kind);
      const reply = await replyTo(simulator);
      assert.equal(reply.status, status);
      assert.match(reply.type ?? '', type);
      assert.match(reply.body, body);
      const { byFault, byStatus, successes, tokens } = simulator.stats();
      assert.deepEqual([byFault[kind], byStatus[status], successes], [1, 1, 0]);
      assert.deepEqual(tokens, { prompt: 0, cached: 0, cacheWrite: 0, completion: 0 }, 'nothing was written');
    });
});

describe('completions with something missing', () => {
  test('wrong_type: a good answer as text/plain', async () => {
    await using simulator = await always('wrong_type');
    const reply = await replyTo(simulator);
    assert.deepEqual([reply.status, reply.type], [200, 'text/plain; charset=utf-8']);
    const { choices, usage } = JSON.parse(reply.body);
    assert.equal(JSON.parse(choices[0].message.content).name, 'Maria Oliveira');
    assert.equal(usage.completion_tokens, simulator.stats().tokens.completion);
  });

  test('no_usage: a good answer, whose tokens only the provider knows', async () => {
    await using simulator = await always('no_usage');
    const completion = await clientOf(simulator).chat.completions.create(personRequest(MARIA));
    assert.equal('usage' in completion, false);
    assert.equal(JSON.parse(completion.choices[0]?.message.content ?? '').age, 34);
    assert.ok(simulator.stats().tokens.completion > 0);
  });

  test('empty_choices and empty_content: nothing was said, the prompt is charged', async () => {
    for (const kind of ['empty_choices', 'empty_content'] as const) {
      await using simulator = await always(kind);
      const { choices, usage } = await clientOf(simulator).chat.completions.create(personRequest(MARIA));
      assert.deepEqual(
        choices.map(({ message, finish_reason }) => [message.content, finish_reason]),
        kind === 'empty_choices' ? [] : [['', 'stop']],
      );
      assert.equal(usage?.completion_tokens, 0);
      assert.equal(usage?.prompt_tokens, simulator.stats().tokens.prompt);
    }
  });

  test('content_filter: the content stops part way', async () => {
    await using simulator = await always('content_filter');
    const { choices, usage } = await clientOf(simulator).chat.completions.create(personRequest(MARIA));
    assert.equal(choices[0]?.finish_reason, 'content_filter');
    assert.throws(() => JSON.parse(choices[0]?.message.content ?? ''), SyntaxError);
    assert.ok((usage?.completion_tokens ?? 0) > 0);
  });
});
