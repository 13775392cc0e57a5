import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWorkers, testFleet, untilCommitted } from '../support/fleet.ts';
import { until } from '../support/until.ts';

/** A minute of two seconds: limits mean what they mean, and a test ends. */
const WINDOW_MS = 2_000;
const window = {
  PERSONA_FLEET_RATE_WINDOW_MS: String(WINDOW_MS),
  // Wide: all processes of all tests share two cores.
  PERSONA_FLEET_RATE_GUARD_MS: '800',
  PERSONA_FLEET_BACKOFF_BASE_MS: '20',
  PERSONA_FLEET_BACKOFF_MAX_MS: '100',
};
const strict = { windowMs: WINDOW_MS, latencyMedianMs: 20 };

test('four workers never put a window over a requests limit, though two are killed', async (t) => {
  const fleet = await testFleet(t, { ...strict, rpm: 60 }, { ...window, PERSONA_FLEET_RPM: '60' });
  const spec = await fleet.spec('rpm', { populationSize: 150 });
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  const workers = startWorkers(fleet, 4);
  await untilCommitted(t, fleet, 60);
  for (const victim of workers.slice(0, 2)) victim.kill('SIGKILL');
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(150, await fleet.lines('people.jsonl'));
  const { windowsOver, tooManyRequests, peak } = fleet.simulator.stats();
  assert.deepEqual([windowsOver, tooManyRequests], [0, 0], 'windows over, and 429s');
  assert.ok(peak.requests > 35 && peak.requests <= 60, `${peak.requests} in the fullest window`);
});

for (const charge of ['used', 'reserved'] as const) {
  test(`tokens charged as ${charge}: no window over, though answers vary tenfold`, async (t) => {
    const fleet = await testFleet(
      t,
      { ...strict, tpm: 400_000, charge, completionScale: 1, completionSpread: 10 },
      { ...window, PERSONA_FLEET_TPM: '400000', PERSONA_FLEET_MODELS: 'models.json' },
    );
    await fleet.write('models.json', { '*': { charge } });
    const spec = await fleet.spec('tpm', { populationSize: 150 });
    const run = await fleet.run('generate', spec, '--workers', '3', '--out', 'people.jsonl');
    assert.equal(run.code, 0, run.stderr);
    await fleet.assertWhole(150, await fleet.lines('people.jsonl'));
    const { windowsOver, tooManyRequests, peak } = fleet.simulator.stats();
    assert.deepEqual([windowsOver, tooManyRequests], [0, 0], 'windows over, and 429s');
    assert.ok(peak.admitted.tokens > 220_000, `${peak.admitted.tokens} tokens in the fullest window`);
  });
}

test('a limit that only the headers tell is kept, and obeyed one window after it is cut in half', async (t) => {
  const fleet = await testFleet(t, { ...strict, rpm: 120 }, window);
  const spec = await fleet.spec('learnt', { populationSize: 240 });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 100);
  fleet.simulator.control({ rpm: 60 });
  // Within one window of the cut the provider still counts what it admitted before; after it nobody is refused.
  const { admittedRequests } = fleet.simulator.stats();
  await until(
    'a window at the new limit',
    () => fleet.simulator.stats().admittedRequests > admittedRequests + 60,
  );
  const refused = fleet.simulator.stats().tooManyRequests;
  assert.equal((await producer.ended).code, 0, producer.stderr());
  assert.equal(fleet.simulator.stats().tooManyRequests - refused, 0, 'refused long after the cut');
  await fleet.assertWhole(240, await fleet.lines('people.jsonl'));
});

test('storms of 429s that ask for all kinds of waits spend no attempt and put no window over', async (t) => {
  const fleet = await testFleet(t, { ...strict, rpm: 60 }, { ...window, PERSONA_FLEET_RPM: '60' });
  const spec = await fleet.spec('storm', { populationSize: 90, attempts: 3 });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  for (const [storm, retryAfter] of (['none', 0, 1, 'date:1', 'garbage'] as const).entries()) {
    await untilCommitted(t, fleet, 10 * storm + 1);
    const before = fleet.simulator.stats().tooManyRequests;
    fleet.simulator.control({ faults: { rate_limit: 0.5 }, retryAfter });
    await until(
      `a storm that asks for ${retryAfter}`,
      () => fleet.simulator.stats().tooManyRequests >= before + 2,
    );
    fleet.simulator.control({ faults: {} });
  }
  assert.equal((await producer.ended).code, 0, producer.stderr());
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(90, people);
  assert.ok(people.every(({ provenance }) => provenance.attempts === 1));
  assert.equal(fleet.simulator.stats().windowsOver, 0);
});

test('told to wait for 300 seconds, all workers do; resume goes on when a person knows better', async (t) => {
  const fleet = await testFleet(t, { faults: { rate_limit: 1 }, retryAfter: 300 });
  const spec = await fleet.spec('patience', { populationSize: 40, attempts: 1 });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  await fleet.untilFleet('the fleet to wait', ({ scopes }) =>
    scopes.some(({ waitReason }) => waitReason === 'rate_limited'),
  );
  const { calls } = fleet.simulator.stats();
  // 16 places; one may have been handed on before the first refusal had reached Redis.
  assert.ok(calls < 2 * 16, `${calls} calls: about as many as were in flight`);
  fleet.simulator.control({ faults: {} });
  const resumed = await fleet.run('resume');
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal((await producer.ended).code, 0, producer.stderr());
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(40, people);
  assert.ok(people.every(({ provenance }) => provenance.attempts === 1));
});

test('a provider that cannot be reached for a while costs no attempt', async (t) => {
  const fleet = await testFleet(t);
  const { port } = fleet.simulator;
  await fleet.simulator.stop();
  const spec = await fleet.spec('away', { populationSize: 20, attempts: 1 });
  const producer = fleet.start('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  await fleet.untilFleet('the fleet to wait', ({ scopes }) =>
    scopes.some(({ waitReason }) => waitReason === 'unreachable'),
  );
  await fleet.simulateAgain({ port });
  assert.equal((await producer.ended).code, 0, producer.stderr());
  await fleet.assertWhole(20, await fleet.lines('people.jsonl'));
});
