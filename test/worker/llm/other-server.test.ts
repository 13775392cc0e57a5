import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LLMock } from '@copilotkit/aimock';
import { answerObject } from '../../../src/worker/answer/answer-object.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';
import { gatewayTo, MODEL } from './gateway-fixture.ts';

/** An OpenAI-compatible server that somebody else wrote: what both sides take for the API is not our own reading of it. */
async function theirs(t: TestContext) {
  const server = new LLMock({ host: '127.0.0.1', port: 0 });
  await server.start();
  t.after(() => server.stop());
  return { server, ...gatewayTo(t, `${server.url}/v1`) };
}

test('a person comes from a server that somebody else wrote', async (t) => {
  const { server, ask, settled } = await theirs(t);
  server.on(
    { model: MODEL, responseFormat: 'json_schema', systemMessage: 'believable people' },
    { content: JSON.stringify(examplePersona()) },
  );
  const answer = await ask();
  assert.deepEqual(answerObject(answer.content), examplePersona());
  assert.equal(answer.simulated, false);
  assert.ok(answer.usage.promptTokens > 0 && answer.usage.completionTokens > 0);
  assert.equal(settled[0]?.kind, 'answered');
});

test('its errors are understood', async (t) => {
  const { server, failure } = await theirs(t);
  for (const [status, body, expected] of [
    [
      429,
      { message: 'Rate limit', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
      ['wait', 'rate_limited'],
    ],
    [429, { message: 'Quota', type: 'insufficient_quota', code: 'insufficient_quota' }, ['pause', 'quota']],
    [
      401,
      { message: 'Key', type: 'invalid_request_error', code: 'invalid_api_key' },
      ['pause', 'credentials'],
    ],
    [503, { message: 'Overloaded', type: 'server_error' }, ['retry', 'server_error']],
  ] as const) {
    server.nextRequestError(status, body);
    const { reaction, reason } = await failure();
    assert.deepEqual([reaction, reason], expected);
  }
});

test('a server of theirs that knows no schema is asked for JSON, and then in words', async (t) => {
  const { server, ask, story } = await theirs(t);
  const refusal = (what: string) => ({
    error: { message: `'response_format' of type '${what}' is not supported`, type: 'invalid_request_error' },
    status: 400,
  });
  server.on({ responseFormat: 'json_schema' }, refusal('json_schema'));
  server.on({ responseFormat: 'json_object' }, refusal('json_object'));
  server.on(
    { systemMessage: 'JSON Schema' },
    { content: `Here you are:\n\`\`\`json\n${JSON.stringify(examplePersona(), null, 2)}\n\`\`\`` },
  );
  assert.deepEqual(answerObject((await ask()).content), examplePersona());
  assert.equal(story.filter((step) => step === 'begin').length, 3);
  assert.equal(story.filter((step) => step === 'take back').length, 2, 'the refused ones do not count');
  assert.equal(server.getRequests().length, 3);
});
