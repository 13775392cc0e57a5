import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFleet, untilCommitted } from '../support/fleet.ts';

test('three workers, a model that knows 20 names: every name distinct, one call a person, and a rerun makes none', async (t) => {
  const fleet = await testFleet(t, { names: 'collapsed:20' });
  const spec = await fleet.spec('collapsed', { populationSize: 200 });
  const first = await fleet.run('generate', spec, '--workers', '3', '--out', 'people.jsonl', '--json');
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual([JSON.parse(first.stdout).calls, JSON.parse(first.stdout).distinctNames], [200, 200]);
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(200, people);
  assert.equal(fleet.simulator.stats().successfulCalls, 200);
  assert.ok(
    people.every(({ provenance }) => provenance.simulated),
    'marked as simulated',
  );

  const again = await fleet.run('generate', spec, '--workers', '3', '--out', 'again.jsonl', '--json');
  assert.equal(again.code, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).calls, 0);
  assert.equal(fleet.simulator.stats().calls, 200);
  assert.deepEqual(await fleet.lines('again.jsonl'), people);
});

test('two populations of one simulation at the same time share no name, even when the model chooses', async (t) => {
  const fleet = await testFleet(t, { names: 'collapsed:20' });
  const [chosen, given] = [
    await fleet.spec('chosen', { names: { policy: 'model' } }),
    await fleet.spec('given', { names: { locale: 'de' } }),
  ];
  const runs = await Promise.all([
    fleet.run('generate', chosen, '--workers', '1', '--out', 'chosen.jsonl'),
    fleet.run('generate', given, '--workers', '1', '--out', 'given.jsonl'),
  ]);
  for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
  await fleet.assertWhole(120, await fleet.lines('chosen.jsonl'), await fleet.lines('given.jsonl'));
});

test('Ctrl-C half way ends with 130 and the line that resumes; the same command makes only the calls that are left', async (t) => {
  const fleet = await testFleet(
    t,
    { latencyMedianMs: 60 },
    { PERSONA_FLEET_MODEL_TIMEOUT_MS: '20000', PERSONA_FLEET_SHUTDOWN_GRACE_MS: '20000' },
  );
  const spec = await fleet.spec('interrupted', { populationSize: 120 });
  const args = ['generate', spec, '--workers', '2', '--out', 'people.jsonl'] as const;
  const first = fleet.start(...args);
  await untilCommitted(t, fleet, 30);
  first.kill('SIGINT');
  assert.deepEqual(await first.ended, { code: 130, signal: null }, first.stderr());
  assert.match(
    first.stderr(),
    /interrupted\. \d+ of 120 people are committed; go on with: persona-fleet generate/,
  );
  const second = await fleet.run(...args);
  assert.equal(second.code, 0, second.stderr);
  await fleet.assertWhole(120, await fleet.lines('people.jsonl'));
  assert.equal(
    fleet.simulator.stats().calls,
    120,
    'calls in flight at the interruption were allowed to finish',
  );
});

test('faults of every kind: the population ends, counts add up, failures have reasons', async (t) => {
  const fleet = await testFleet(
    t,
    {
      faults: {
        rate_limit: 0.05,
        server_error: 0.05,
        unavailable: 0.05,
        reset: 0.05,
        hang: 0.05,
        truncated: 0.05,
        length: 0.05,
        invalid_json: 0.05,
        fenced_json: 0.05,
        refusal: 0.05,
        wrong_name: 0.05,
        wrong_age: 0.05,
        shallow_lists: 0.05,
      },
      retryAfter: 'ms:5',
    },
    { PERSONA_FLEET_MODEL_TIMEOUT_MS: '300' },
  );
  const spec = await fleet.spec('faults', { populationSize: 120, dimensions: { age: { range: [20, 79] } } });
  const run = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl', '--json');
  assert.equal(run.code, 3, run.stderr);
  const summary = JSON.parse(run.stdout);
  assert.equal(summary.committed + summary.failed, 120);
  const reasons: number[] = Object.values(summary.failedByReason);
  assert.equal(
    reasons.reduce((a, b) => a + b, 0),
    summary.failed,
  );
  assert.ok(summary.failedByReason.refusal > 0, 'refusals are given up');
  const people = await fleet.lines('people.jsonl');
  await fleet.assertWhole(summary.committed, people);
  for (const { persona, characteristics, name } of people) {
    assert.equal(persona.age, characteristics.age, `age of ${name}`);
  }
  const status = await fleet.status();
  assert.equal(status?.state, 'partial');
});

test('a population made anew or taken up again while a worker is at its shards is finished without a producer', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 30 });
  const spec = await fleet.spec('again', { populationSize: 120 });
  await fleet.run('enqueue', spec);
  fleet.start('worker');
  await untilCommitted(t, fleet, 20);
  assert.equal((await fleet.run('enqueue', spec, '--fresh')).code, 0);
  await untilCommitted(t, fleet, 20);
  assert.equal((await fleet.run('cancel')).code, 0);
  assert.equal((await fleet.run('retry')).code, 0);
  await untilCommitted(t, fleet, 120);
  await fleet.run('export', '--out', 'people.jsonl');
  await fleet.assertWhole(120, await fleet.lines('people.jsonl'));
});

test('simulated and real populations are served by workers of their own kind', async (t) => {
  const fleet = await testFleet(t);
  const real = await fleet.spec('real', { populationSize: 20, model: 'gpt-real' });
  const made = await fleet.spec('made-up', { populationSize: 20, model: 'gpt-real' });
  await fleet.run('enqueue', real);
  const simulated = { OPENAI_MODEL: 'simulated-1' };
  const run = await fleet.runWith(simulated, 'generate', made, '--workers', '1', '--out', 'made.jsonl');
  assert.equal(run.code, 0, run.stderr);
  assert.ok((await fleet.lines('made.jsonl')).every(({ provenance }) => provenance.model === 'simulated-1'));
  const { stdout } = await fleet.run('status', '--json');
  const states = JSON.parse(stdout).map((one: { labels: { model: string }; committed: number }) => [
    one.labels.model,
    one.committed,
  ]);
  assert.deepEqual(states.toSorted(), [
    ['gpt-real', 0],
    ['simulated-1', 20],
  ]);
});
