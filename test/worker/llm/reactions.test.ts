import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { reactionTo } from '../../../src/worker/llm/reactions.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');

/** The error that the client makes of a response. */
function responded(status: number, body: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  return APIError.generate(status, { error: { message: 'said', ...body } }, undefined, new Headers(headers));
}

function reaction(error: unknown) {
  const failure = reactionTo(error, NOW);
  assert.ok(failure instanceof ModelCallError);
  assert.equal(failure.cause, error);
  return [failure.reaction, failure.reason, failure.retryAfterMs];
}

const rows: [what: string, error: unknown, expected: [string, string, number?]][] = [
  ['429 of rate', responded(429, { code: 'rate_limit_exceeded' }), ['wait', 'rate_limited']],
  ['429 without a body', responded(429), ['wait', 'rate_limited']],
  ['429 with a floor', responded(429, {}, { 'retry-after': '5' }), ['wait', 'rate_limited', 5_000]],
  ['429 with 0', responded(429, {}, { 'retry-after': '0' }), ['wait', 'rate_limited', 0]],
  ['429 with garbage', responded(429, {}, { 'retry-after': 'later' }), ['wait', 'rate_limited']],
  [
    '429 that never fits',
    responded(429, { code: 'rate_limit_exceeded', message: 'Request too large for gpt-x on tokens per min' }),
    ['give-up', 'request_too_large'],
  ],
  [
    '429 not to be retried',
    responded(429, {}, { 'x-should-retry': 'false' }),
    ['give-up', 'request_too_large'],
  ],
  ['429 of type quota', responded(429, { type: 'insufficient_quota' }), ['pause', 'quota']],
  ['429 of code quota', responded(429, { code: 'insufficient_quota' }), ['pause', 'quota']],
  ['429 of balance', responded(429, { code: 'credit_balance_exhausted' }), ['pause', 'quota']],
  ['429 of a spend limit', responded(429, { code: 'project_spend_limit_exceeded' }), ['pause', 'quota']],
  [
    '429 of quota that says come back',
    responded(429, { type: 'insufficient_quota' }, { 'retry-after': '1', 'x-should-retry': 'true' }),
    ['pause', 'quota'],
  ],
  ['401', responded(401, { code: 'invalid_api_key' }), ['pause', 'credentials']],
  ['403', responded(403), ['pause', 'credentials']],
  ['404 of the model', responded(404, { code: 'model_not_found' }), ['pause', 'model_not_found']],
  ['500', responded(500), ['retry', 'server_error']],
  ['503 with a floor', responded(503, {}, { 'retry-after-ms': '30' }), ['retry', 'server_error', 30]],
  ['529', responded(529), ['retry', 'server_error']],
  ['408', responded(408), ['retry', 'server_error']],
  ['409', responded(409), ['retry', 'server_error']],
  ['500 not to be retried', responded(500, {}, { 'x-should-retry': 'false' }), ['give-up', 'bad_request']],
  ['400 to be retried', responded(400, {}, { 'x-should-retry': 'true' }), ['retry', 'server_error']],
  ['400', responded(400), ['give-up', 'bad_request']],
  ['404', responded(404), ['give-up', 'bad_request']],
  ['413', responded(413), ['give-up', 'bad_request']],
  ['422', responded(422), ['give-up', 'bad_request']],
  ['too long', responded(400, { code: 'context_length_exceeded' }), ['give-up', 'context_too_long']],
  ['no connection', new APIConnectionError({ message: 'refused' }), ['retry', 'connection']],
  ['no answer in time', new APIConnectionTimeoutError(), ['retry', 'timeout']],
  ['a body that broke off', new TypeError('terminated'), ['retry', 'bad_response']],
  ['a body that is no JSON', new SyntaxError('Unexpected token'), ['retry', 'bad_response']],
];

for (const [what, error, [expected, reason, floorMs]] of rows) {
  test(`${what}: ${expected}, ${reason}`, () => {
    assert.deepEqual(reaction(error), [expected, reason, floorMs]);
  });
}

test('the reasons are a closed set of short codes, and no message repeats what the provider said', () => {
  for (const [what, error] of rows) {
    const { reason, message } = reactionTo(error, NOW);
    assert.match(reason, /^[a-z_]{4,20}$/, what);
    assert.doesNotMatch(message, /said|refused$|terminated|Unexpected/, what);
  }
});
