import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSimulator } from '../../src/simulator/server.ts';
import { testFleet } from '../support/fleet.ts';

test('no quota left: the population pauses with 4 and one clear line, spends no attempt, and goes on when it is mended', async (t) => {
  const fleet = await testFleet(t, { faults: { quota: 1 } });
  const spec = await fleet.spec('quota', { populationSize: 40, attempts: 1 });
  const paused = await fleet.run('generate', spec, '--workers', '2', '--out', 'people.jsonl');
  assert.equal(paused.code, 4, paused.stderr);
  assert.match(
    paused.stderr,
    /paused: .*insufficient_quota.*\. 0 of 40 people are committed; .*go on with: persona-fleet generate/,
  );
  assert.ok(fleet.simulator.stats().calls <= 16, 'no more calls than were in flight');
  const status = await fleet.status();
  assert.deepEqual([status?.state, status?.failed], ['paused', 0]);

  const mended = await startSimulator({ completionScale: 0 });
  t.after(() => mended.stop());
  const resumed = await fleet.runWith(
    { OPENAI_BASE_URL: mended.url },
    'generate',
    spec,
    '--workers',
    '2',
    '--out',
    'people.jsonl',
  );
  assert.equal(resumed.code, 0, resumed.stderr);
  await fleet.assertWhole(40, await fleet.lines('people.jsonl'));
});

test('a wrong key pauses with 4, and no key or prompt is in any output', async (t) => {
  const fleet = await testFleet(t, { apiKey: 'sk-the-right-key' });
  const spec = await fleet.spec('credentials');
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  assert.equal(run.code, 4, run.stderr);
  assert.match(run.stderr, /refuses the API key/);
  assert.doesNotMatch(run.stderr + run.stdout, /sk-test-not|\n\s+at /);
});

test('cancel frees the names of open slots, and the population can be taken up again', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('cancelled');
  await fleet.run('enqueue', spec);
  const cancelled = await fleet.run('cancel');
  assert.equal(cancelled.code, 0, cancelled.stderr);
  const watched = await fleet.run('watch', '--json');
  assert.equal(JSON.parse(watched.stdout).state, 'cancelled');
  const run = await fleet.run('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  assert.equal(run.code, 0, run.stderr);
  await fleet.assertWhole(60, await fleet.lines('people.jsonl'));
});

test('retry opens failed slots again, and workers finish them', async (t) => {
  const fleet = await testFleet(t, { faults: { refusal: 1 } });
  const spec = await fleet.spec('refused', { populationSize: 10 });
  const refused = await fleet.run('generate', spec, '--workers', '1', '--out', 'people.jsonl');
  assert.equal(refused.code, 3, refused.stderr);
  assert.deepEqual((await fleet.status())?.failedByReason, { refusal: 10 });
  assert.deepEqual(await fleet.lines('people.jsonl'), []);

  const willing = await startSimulator({ completionScale: 0 });
  t.after(() => willing.stop());
  const retried = await fleet.run('retry', '--json');
  assert.equal(JSON.parse(retried.stdout).reopened, 10);
  const run = await fleet.runWith(
    { OPENAI_BASE_URL: willing.url },
    'generate',
    spec,
    '--workers',
    '1',
    '--out',
    'people.jsonl',
  );
  assert.equal(run.code, 0, run.stderr);
  await fleet.assertWhole(10, await fleet.lines('people.jsonl'));
});
