import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Check } from '../../../src/doctor/check.ts';
import { examineModel } from '../../../src/doctor/model/examine-model.ts';
import { loadConfig } from '../../../src/shared/config.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import type { OptionChanges } from '../../../src/simulator/settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KEY = 'sk-test-not-a-real-key';

async function examined(env: Record<string, string>, { call = true } = {}) {
  const announced: string[] = [];
  const checks = await examineModel({
    config: loadConfig(env),
    call,
    announce: (line) => announced.push(line),
    signal: new AbortController().signal,
  });
  const named: Record<string, Check> = Object.fromEntries(
    checks.map((check) => [check.name.replace('model ', ''), check]),
  );
  return { named, announced };
}

async function simulated(
  t: TestContext,
  options: Partial<SimulatorOptions>,
  env: Record<string, string> = {},
) {
  const simulator = await startSimulator(options);
  t.after(() => simulator.stop());
  const base = { OPENAI_BASE_URL: simulator.url, OPENAI_API_KEY: KEY, OPENAI_MODEL: 'simulated-1' };
  const change = async (changes: OptionChanges) => {
    const response = await fetch(`${simulator.url}/control`, {
      method: 'POST',
      body: JSON.stringify(changes),
    });
    assert.equal(response.status, 200);
  };
  return { simulator, change, look: (how = {}) => examined({ ...base, ...env }, how) };
}

/** Answers every request in one way. */
async function answering(t: TestContext, status: number, body: string, type = 'application/json') {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const foundOf = (check: Check | undefined) => [check?.status, check?.found];

test('an endpoint that does everything passes, by one call that is announced with its cost', async (t) => {
  const limits = { rpm: 500, tpm: 200_000, apiKey: KEY };
  const { simulator, look } = await simulated(t, limits, { OPENAI_MODEL: 'gpt-4.1-mini' });
  const { named, announced } = await look();
  assert.match(named.call?.found ?? '', /^gpt-4\.1-mini answered in \d+\.\d s \(\d+ tokens in, \d+ out\)$/);
  assert.deepEqual(foundOf(named['structured output']), ['ok', 'json_schema works']);
  assert.deepEqual(foundOf(named.limits), [
    'ok',
    '500 requests and 200,000 tokens a minute, as the provider says',
  ]);
  assert.equal(named.price?.status, 'ok');
  assert.equal(simulator.stats().calls, 1);
  assert.equal(announced.length, 1);
  assert.match(
    announced[0] ?? '',
    /about \d+ tokens, and up to 2,048 for its answer, \$0\.00\d+ at the most/,
  );
  const [, counted] = /about (\d+) tokens/.exec(announced[0] ?? '') ?? [];
  assert.equal(Number(counted), simulator.stats().tokens.prompt);
});

test('without a model call nothing is spent, and the key is looked at all the same', async (t) => {
  const { simulator, change, look } = await simulated(t, { apiKey: KEY });
  const { named, announced } = await look({ call: false });
  assert.deepEqual(foundOf(named.endpoint), ['ok', 'it answers, and lists simulated-1']);
  assert.equal(named.call?.status, 'skipped');
  assert.equal(named['structured output'], undefined);
  assert.deepEqual([simulator.stats().calls, announced.length], [0, 0]);
  await change({ apiKey: 'sk-another-one' });
  const refused = await look({ call: false });
  assert.deepEqual(foundOf(refused.named.endpoint), ['fault', 'it refuses the key (401)']);
  assert.equal(refused.named.endpoint?.exitCode, 4);
});

test('what an endpoint does not take is found out, and said', async (t) => {
  const { look } = await simulated(t, {
    unsupported: ['json_schema', 'temperature', 'max_completion_tokens'],
  });
  const { named } = await look();
  assert.equal(named.call?.status, 'ok');
  const output = named['structured output'];
  assert.equal(output?.status, 'warning');
  assert.match(
    output?.found ?? '',
    /^json_object works, json_schema does not; it takes no temperature and no max_completion_tokens/,
  );

  const none = await simulated(t, { unsupported: ['response_format'] });
  const { named: inWords } = await none.look();
  assert.match(
    inWords['structured output']?.found ?? '',
    /^neither json_schema nor json_object works; asked in words/,
  );
});

test('quota and credentials are faults of the account, other failures are not', async (t) => {
  const { change, look } = await simulated(t, { faults: { quota: 1 } });
  const callOf = async () => (await look()).named.call;
  const quota = await callOf();
  assert.deepEqual([quota?.status, quota?.exitCode], ['fault', 4]);
  assert.match(quota?.advice ?? '', /add credit/);
  await change({ faults: { unauthorized: 1 } });
  assert.deepEqual((await callOf())?.exitCode, 4);
  await change({ faults: { model_not_found: 1 } });
  const unknown = await callOf();
  assert.deepEqual([unknown?.status, unknown?.exitCode], ['fault', 2]);
  assert.match(unknown?.found ?? '', /does not know the model "simulated-1"/);
  for (const fault of ['server_error', 'rate_limit', 'reset'] as const) {
    await change({ faults: { [fault]: 1 } });
    assert.equal((await callOf())?.status, 'warning', fault);
  }
});

test('a model that hangs is given up in time', async (t) => {
  const { look } = await simulated(t, { faults: { hang: 1 } }, { PERSONA_FLEET_MODEL_TIMEOUT_MS: '300' });
  const { named } = await look();
  assert.equal(named.call?.status, 'warning');
  assert.match(named.call?.found ?? '', /in time/);
});

test('an endpoint that cannot be reached, or is a website, is a fault', async (t) => {
  const base = await answering(t, 200, '<html>Hello</html>', 'text/html');
  const site = await examined({ OPENAI_BASE_URL: base });
  assert.equal(site.named.endpoint?.status, 'skipped');
  assert.equal(site.named.call?.status, 'warning');
  assert.match(site.named.call?.found ?? '', /a web page came/);
  // Nobody listens there, and no test ever will.
  const gone = await examined({ OPENAI_BASE_URL: 'http://127.0.0.1:2/v1' });
  assert.deepEqual(foundOf(gone.named.endpoint), ['fault', 'it cannot be reached (ECONNREFUSED)']);
  assert.deepEqual([gone.named.call?.status, gone.named.call?.exitCode], ['fault', 2]);
});

/** Calls are passed on to a simulator; the list of models is refused. */
async function withoutList(t: TestContext, status: number) {
  const simulator = await startSimulator({});
  t.after(() => simulator.stop());
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(status).end('{}');
      return;
    }
    const body = Buffer.concat(await request.toArray());
    const reply = await fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: KEY, OPENAI_MODEL: 'simulated-1' };
}

test('a key that may call and not list is a warning when the call works, and the refused list a fault without it', async (t) => {
  for (const [status, found] of [
    [403, 'it refuses the list of models (403)'],
    [401, 'it refuses the key (401)'],
  ] as const) {
    const env = await withoutList(t, status);
    const called = (await examined(env)).named;
    assert.equal(called.call?.status, 'ok');
    assert.deepEqual(foundOf(called.endpoint), ['warning', `GET /models: ${found}`]);
    assert.match(called.endpoint?.advice ?? '', /call below works/);
    assert.equal(called.endpoint?.exitCode, undefined);
    const uncalled = (await examined(env, { call: false })).named.endpoint;
    assert.deepEqual([...foundOf(uncalled), uncalled?.exitCode], ['fault', found, 4]);
  }
});

test('an address with user and password, as which workers call, is no fault when the call works', async (t) => {
  const env = await withoutList(t, 404);
  const named = (
    await examined({ ...env, OPENAI_BASE_URL: env.OPENAI_BASE_URL.replace('//', '//user:secret@') })
  ).named;
  assert.equal(named.call?.status, 'ok', named.call?.found);
  assert.equal(named.endpoint?.status, 'warning', named.endpoint?.found);
});

test('a model that never answers with JSON is a fault, after each way of asking was tried once', async (t) => {
  const completion = {
    id: 'x',
    object: 'chat.completion',
    model: 'talker',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'A town? Riga!' } }],
    usage: { prompt_tokens: 60, completion_tokens: 5 },
  };
  const base = await answering(t, 200, JSON.stringify(completion));
  const { named } = await examined({ OPENAI_BASE_URL: base });
  const output = named['structured output'];
  assert.equal(output?.status, 'fault');
  assert.match(output?.found ?? '', /json_schema and json_object: taken, and ignored/);
  assert.match(named.call?.found ?? '', /^talker answered .*\(180 tokens in, 15 out\)/);
});

test('configured limits above what the provider says are a warning, and no limits at all are one', async (t) => {
  const { look } = await simulated(t, { rpm: 100 }, { PERSONA_FLEET_RPM: '900' });
  assert.deepEqual(foundOf((await look()).named.limits), [
    'warning',
    'the provider says 100 requests; PERSONA_FLEET_RPM 900 is more',
  ]);
  const silent = await simulated(t, {});
  assert.equal((await silent.look()).named.limits?.status, 'warning');
  const configured = await simulated(t, {}, { PERSONA_FLEET_TPM: '5000' });
  assert.deepEqual(foundOf((await configured.look()).named.limits), [
    'ok',
    '5,000 tokens a minute are configured; the provider says none',
  ]);
});

test('a price that is not known is a warning, and a fault where a budget in dollars is to be kept', async (t) => {
  const { look } = await simulated(t, {});
  assert.equal((await look({ call: false })).named.price?.status, 'warning');
  const budgeted = await simulated(t, {}, { PERSONA_FLEET_BUDGET_USD: '5' });
  assert.equal((await budgeted.look({ call: false })).named.price?.status, 'fault');
  const models = join(await temporaryFolder(t), 'models.json');
  await writeFile(
    models,
    JSON.stringify({ 'simulated-1': { price: { input: 1, cachedInput: 0.5, output: 4 } } }),
  );
  const priced = await simulated(t, {}, { PERSONA_FLEET_BUDGET_USD: '5', PERSONA_FLEET_MODELS: models });
  assert.equal((await priced.look({ call: false })).named.price?.status, 'ok');
});

test('a models file that cannot be read is a fault, and the key is looked at all the same', async (t) => {
  const { look } = await simulated(t, {}, { PERSONA_FLEET_MODELS: '/nowhere/models.yaml' });
  const { named } = await look();
  assert.equal(named.settings?.status, 'fault');
  assert.match(named.settings?.found ?? '', /nowhere/);
  assert.equal(named.endpoint?.status, 'ok');
  assert.equal(named.call, undefined);
});

test('without a key and an address there is nothing to look at, and it says what to set', async () => {
  const { named } = await examined({});
  assert.deepEqual(Object.keys(named), ['model']);
  assert.equal(named.model?.status, 'skipped');
  assert.match(named.model?.found ?? '', /OPENAI_API_KEY.*OPENAI_BASE_URL/);
});
