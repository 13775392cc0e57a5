import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/shared/errors.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { askPerson, clientOf, failureOf, personRequest } from './simulated-client.ts';

async function post(url: string, body: string) {
  const response = await fetch(url, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a limit is cut in half, and removed, while the server runs', async () => {
  await using simulator = await startSimulator({ rpm: 4 }, { monotonicMs: () => 0 });
  const ask = async () =>
    (await clientOf(simulator).chat.completions.create(personRequest('x')).withResponse()).response.headers;
  assert.equal((await ask()).get('x-ratelimit-limit-requests'), '4');
  simulator.control({ rpm: 2 });
  const second = await ask();
  assert.deepEqual(
    ['limit', 'remaining'].map((each) => second.get(`x-ratelimit-${each}-requests`)),
    ['2', '0'],
  );
  assert.match((await failureOf(askPerson(simulator, 'x'))).message, /Limit 2, Used 2/);
  simulator.control({ rpm: null });
  assert.equal((await ask()).get('x-ratelimit-limit-requests'), null);
});

test('POST /control, with or without /v1, answers with what is in force, but for the key', async () => {
  await using simulator = await startSimulator({ faults: { quota: 1 }, apiKey: 'sk-old' });
  const client = (key: string) => clientOf(simulator, key).chat.completions.create(personRequest('someone'));
  assert.equal((await failureOf(client('sk-old'))).code, 'insufficient_quota');

  const changed = await post(
    simulator.url.replace('/v1', '/control'),
    JSON.stringify({ faults: null, apiKey: 'sk-new', tpm: 100_000 }),
  );
  assert.deepEqual([changed.status, changed.body.faults, changed.body.tpm], [200, {}, 100_000]);
  assert.equal('apiKey' in changed.body, false);
  assert.equal((await failureOf(client('sk-old'))).status, 401);
  assert.equal((await client('sk-new')).object, 'chat.completion');
  assert.equal((await fetch(`${simulator.url}/models`)).status, 401);

  assert.equal((await post(`${simulator.url}/control`, '{"apiKey":null}')).status, 200);
  assert.equal((await fetch(`${simulator.url}/models`)).status, 200);
  assert.equal((await fetch(`${simulator.url}/control`)).status, 405);
});

test('what is not usable is refused as a whole, and says why', async () => {
  await using simulator = await startSimulator({ rpm: 5 });
  const cases: [body: string, message: RegExp][] = [
    ['{"rpm": 1, "tpm": "many"}', /tpm: .*expected a number/],
    ['{"rpm": 0}', /rpm: /],
    ['{"faults": {"flood": 1}}', /faults: .*"flood"/],
    ['{"faults": {"quota": 0.7, "hang": 0.7}}', /add up to at most 1/],
    ['{"rpm": 1, "colour": "red"}', /"colour"/],
    ['{"rpm": 1, "port": 80, "seed": "x"}', /seed, port: can not be changed/],
    ['{"rpm": ', /expected a JSON object/],
    ['[1]', /expected a JSON object/],
  ];
  for (const [body, message] of cases) {
    const refused = await post(`${simulator.url}/control`, body);
    assert.equal(refused.status, 400, body);
    assert.match(String((refused.body.error as { message: string }).message), message);
  }
  assert.throws(() => simulator.control({ charge: 'guessed' as 'used' }), UserError);
  const { response } = await clientOf(simulator).chat.completions.create(personRequest('x')).withResponse();
  assert.equal(response.headers.get('x-ratelimit-limit-requests'), '5');
});

test('faults, latency and Retry-After change from one call to the next', async () => {
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  await using simulator = await startSimulator({}, { wait });
  await askPerson(simulator, 'x');
  simulator.control({ latencyMedianMs: 40, latencySigma: 0 });
  await askPerson(simulator, 'x');
  assert.deepEqual(waits, [40]);
  simulator.control({ faults: { rate_limit: 1 }, retryAfter: 300 });
  assert.equal((await failureOf(askPerson(simulator, 'x'))).headers?.get('retry-after'), '300');
  simulator.control({ faults: {}, latencyMedianMs: null });
  await askPerson(simulator, 'x');
  assert.deepEqual(waits, [40]);
});
