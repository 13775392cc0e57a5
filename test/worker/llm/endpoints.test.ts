import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChatBody, createChatClient, headersFor } from '../../../src/worker/llm/chat-client.ts';
import { answering, gatewayTo, running, said } from './gateway-fixture.ts';

const BODY: ChatBody = { model: 'm', messages: [] };

const TIMEOUTS = { connectMs: 1_000, firstByteMs: 1_000, totalMs: 1_000 };

test('Azure gets its key as Azure wants it, and no bearer; everybody else a bearer', () => {
  const azure = { 'api-key': 'sk-1', authorization: null };
  for (const [baseUrl, expected] of [
    ['https://people.openai.azure.com/openai/v1', azure],
    ['https://people.services.ai.azure.com/openai/v1', azure],
    ['https://azure.com.example/v1', {}],
    ['https://api.openai.com/v1', {}],
    [undefined, {}],
  ] as const) {
    assert.deepEqual(headersFor({ apiKey: 'sk-1', baseUrl }), expected, baseUrl);
  }
  // A token of its directory, given as a header, instead of a key.
  const headers = { Authorization: 'Bearer token' };
  assert.deepEqual(
    headersFor({ apiKey: '', baseUrl: 'https://x.openai.azure.com/openai/v1', headers }),
    headers,
  );
});

test('a query in the address goes with every request, as Azure wants it', async (t) => {
  const { url, urls } = await answering(t, said('{}'));
  const { ask } = gatewayTo(t, `${url}/deployments/people?api-version=2024-10-21`);
  await ask();
  assert.deepEqual(urls, ['/v1/deployments/people/chat/completions?api-version=2024-10-21']);
});

test('a slash at the end of the address does no harm', async (t) => {
  const { url, urls } = await answering(t, said('{}'));
  await gatewayTo(t, `${url}/`).ask();
  assert.deepEqual(urls, ['/v1/chat/completions']);
});

test('headers that are configured win over our own', async (t) => {
  const { url, headers } = await answering(t, said('{}'));
  await gatewayTo(t, url, { headers: { Authorization: 'Bearer of-a-directory', 'api-key': 'k' } }).ask();
  assert.equal(headers[0]?.authorization, 'Bearer of-a-directory');
  assert.equal(headers[0]?.['api-key'], 'k');
});

test('a request that is kept back reaches nobody', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const client = createChatClient({ apiKey: '', baseUrl: url }, TIMEOUTS);
  t.after(() => client.stop());
  assert.deepEqual(await client.send(BODY, { signal: running, maySend: () => false }), { kind: 'kept-back' });
  assert.deepEqual(bodies, []);
  const { kind } = await client.send(BODY, { signal: running, maySend: () => true });
  assert.equal(kind, 'replied');
});

test('after stop nothing is sent any more', async (t) => {
  const { url, bodies } = await answering(t, said('{}'));
  const client = createChatClient({ apiKey: '', baseUrl: url }, TIMEOUTS);
  await client.stop();
  const { kind } = await client.send(BODY, { signal: running, maySend: () => true });
  assert.equal(kind, 'unreachable');
  assert.deepEqual(bodies, []);
});

test('a key that the provider repeats, as a code or a field, is in no message', async (t) => {
  const secret = 'plainkey77';
  const { url } = await answering(t, {
    status: 401,
    body: JSON.stringify({ error: { message: secret, code: secret, param: `x-${secret}` } }),
  });
  const error = await gatewayTo(t, url, { apiKey: secret }).failure();
  assert.equal(error.reason, 'credentials');
  assert.doesNotMatch(error.message, /plainkey77/);
});
