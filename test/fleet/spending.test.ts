import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorkers, testFleet, untilCommitted } from '../support/fleet.ts';

const MODEL = 'priced';
/** Dollars per million tokens, so dear that a few people cost a dollar. */
const price = { input: 10, cachedInput: 1, output: 100 };

test('a budget stops a population at or below it; raised, it ends with everybody once', async (t) => {
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 20 },
    { PERSONA_FLEET_MODELS: 'models.json', PERSONA_FLEET_COMPLETION_TOKENS: '600' },
  );
  await fleet.write('models.json', { [MODEL]: { price } });
  const spec = await fleet.spec('dear', { populationSize: 60, model: MODEL, budget: { usd: 1 } });
  const run = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl', '--yes');
  assert.equal(run.code, 4, run.stderr);
  assert.match(
    run.stderr,
    /the budget of \$1\.00 is reached.* raise the budget in .*dear\.json, and go on with/,
  );
  const stopped = await fleet.status();
  assert.equal(stopped?.state, 'paused');
  const dollars = (stopped?.nanoDollars ?? 0) / 1e9;
  assert.ok(dollars > 0.8 && dollars <= 1, `$${dollars} spent`);
  const { tokens } = fleet.simulator.stats();
  const paid = ((tokens.prompt - tokens.cached) * 10 + tokens.cached * 1 + tokens.completion * 100) / 1e6;
  assert.ok(Math.abs(paid - dollars) < 1e-6, `the provider counts $${paid}, the ledger $${dollars}`);
  const people = stopped?.committed ?? 0;
  assert.ok(people > 5 && people < 60, `${people} people for the money`);

  const workers = startWorkers(fleet, 2);
  const resumed = await fleet.run('resume', '--budget-usd', '50');
  assert.equal(resumed.code, 0, resumed.stderr);
  const watched = await fleet.run('watch');
  assert.equal(watched.code, 0, watched.stderr);
  for (const worker of workers) worker.kill('SIGTERM');
  await fleet.run('export', '--out', 'people.jsonl');
  await fleet.assertWhole(60, await fleet.lines('people.jsonl'));
  assert.equal((await fleet.status())?.committed, 60);
});

test('the cap of the whole fleet stops every population, tokens as well as dollars', async (t) => {
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 10 },
    { PERSONA_FLEET_BUDGET_TOKENS: '100000', PERSONA_FLEET_COMPLETION_TOKENS: '600' },
  );
  const spec = await fleet.spec('capped', { populationSize: 60 });
  const run = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  assert.equal(run.code, 4, run.stderr);
  assert.match(run.stderr, /PERSONA_FLEET_BUDGET_TOKENS/);
  const { tokens } = fleet.simulator.stats();
  assert.ok(tokens.prompt + tokens.completion <= 100_000, `${tokens.prompt + tokens.completion} tokens`);
  const more = await fleet.runWith(
    { PERSONA_FLEET_BUDGET_TOKENS: '10000000' },
    'generate',
    spec,
    '--workers',
    '2',
    '--out',
    'people.jsonl',
  );
  assert.equal(more.code, 0, more.stderr);
  await fleet.assertWhole(60, await fleet.lines('people.jsonl'));
});

const faults = {
  server_error: 0.05,
  rate_limit: 0.05,
  refusal: 0.02,
  invalid_json: 0.05,
  length: 0.03,
  shallow_lists: 0.1,
};
const counted = { populationSize: 120, model: MODEL, dimensions: { age: { range: [18, 80] } } };

test('after a run with faults calls, tokens and dollars are what the provider counts, exactly', async (t) => {
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 10, faults, cacheWrite: true },
    { PERSONA_FLEET_MODELS: 'models.json' },
  );
  await fleet.write('models.json', { [MODEL]: { price: { ...price, cacheWrite: 12 } } });
  const spec = await fleet.spec('counted', counted);
  const run = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  assert.ok(run.code === 0 || run.code === 3, run.stderr);
  const status = await fleet.status();
  const { calls, tokens } = fleet.simulator.stats();
  const { prompt, cached, cacheWrite, completion } = tokens;
  assert.ok(status && status.calls > 120 && status.repairCalls > 0 && cacheWrite > 0);
  assert.deepEqual(
    {
      calls: status.calls + status.repairCalls,
      lostCalls: status.lostCalls,
      inFlight: status.inFlight,
      promptTokens: status.promptTokens,
      cachedTokens: status.cachedTokens,
      cacheWriteTokens: status.cacheWriteTokens,
      completionTokens: status.completionTokens,
      nanoDollars: status.nanoDollars,
    },
    {
      calls,
      lostCalls: 0,
      inFlight: 0,
      promptTokens: prompt,
      cachedTokens: cached,
      cacheWriteTokens: cacheWrite,
      completionTokens: completion,
      // Dollars per million tokens are thousands of nanodollars per token.
      nanoDollars:
        ((prompt - cached - cacheWrite) * 10 + cached * 1 + cacheWrite * 12 + completion * 100) * 1_000,
    },
  );
});

test('after a kill they differ by what the calls whose reply was lost can have used, and these are counted', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 30, faults });
  const spec = await fleet.spec('killed', counted);
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const [victim] = startWorkers(fleet, 2);
  await untilCommitted(t, fleet, 40);
  victim?.kill('SIGKILL');
  const { code } = await producer.ended;
  assert.ok(code === 0 || code === 3, producer.stderr());
  const status = await fleet.status();
  assert.ok(status);
  const { calls, tokens } = fleet.simulator.stats();
  const lost = status.lostCalls + status.inFlight;
  assert.ok(lost <= 8, `${lost} replies lost: no more than the killed worker had in flight`);
  const known = status.calls + status.repairCalls + status.inFlight;
  assert.ok(known >= calls && known <= calls + lost, `${known} counted, ${calls} made, ${lost} lost`);
  const [prompt, completion] = [
    tokens.prompt - status.promptTokens,
    tokens.completion - status.completionTokens,
  ];
  assert.ok(prompt >= 0 && prompt <= lost * 5_000, `${prompt} prompt tokens apart, ${lost} lost`);
  assert.ok(
    completion >= 0 && completion <= lost * 1_500,
    `${completion} completion tokens apart, ${lost} lost`,
  );
});

test('a wrong key or an empty account: only calls in flight are made, and resume goes on to the end', async (t) => {
  const fleet = await testFleet(t, { apiKey: 'sk-the-right-key', latencyMedianMs: 20 });
  const spec = await fleet.spec('locked', { populationSize: 60, attempts: 1 });
  startWorkers(fleet, 2);
  await fleet.run('enqueue', spec);
  const watched = await fleet.run('watch');
  assert.equal(watched.code, 4, watched.stderr);
  assert.match(watched.stdout + watched.stderr, /refuses the API key/);
  assert.ok(fleet.simulator.stats().calls <= 16, `${fleet.simulator.stats().calls} calls`);

  fleet.simulator.control({ apiKey: 'sk-test-not-a-real-key', faults: { quota: 1 } });
  await fleet.run('resume');
  assert.equal((await fleet.run('watch')).code, 4);
  assert.match((await fleet.status())?.reason ?? '', /insufficient_quota/);
  assert.ok(fleet.simulator.stats().calls <= 32, `${fleet.simulator.stats().calls} calls`);

  fleet.simulator.control({ faults: {} });
  const resumed = await fleet.run('resume');
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal((await fleet.run('watch')).code, 0);
  await fleet.run('export', '--out', 'people.jsonl');
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(60, people);
  assert.ok(
    people.every(({ provenance }) => provenance.attempts === 1),
    'no attempt was spent by the pauses',
  );
});
