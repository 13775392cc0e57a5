import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import { testFleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

test('a spec with factories is that many populations in one simulation, in one file, and free the second time', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('factories', {
    context: undefined,
    populationSize: undefined,
    factories: { count: 3, context: 'People around a harbour.', populationSize: 8 },
  });
  const args = ['generate', spec, '--workers', '1', '--json', '--out'];
  const { code, stdout, stderr } = await fleet.run(...args, 'people.jsonl');
  assert.equal(code, 0, stderr);
  const facts = JSON.parse(stdout);
  assert.equal(facts.populations.length, 3);
  assert.deepEqual([facts.size, facts.committed, facts.people, facts.calls], [24, 24, 24, 24]);
  const lines = await fleet.lines('people.jsonl');
  assert.equal(new Set(lines.map(({ name }) => canonicalName(name))).size, 24);
  assert.deepEqual(
    [...new Set(lines.map(({ provenance }) => provenance.population))],
    facts.populations.map(({ population }: { population: string }) => population),
  );
  assert.equal(fleet.simulator.stats().calls, 25, 'one call plans all three');

  const again = await fleet.run(...args, 'again.jsonl');
  assert.equal(again.code, 0, again.stderr);
  assert.equal(fleet.simulator.stats().calls, 25);
  assert.deepEqual(await fleet.lines('again.jsonl'), lines);
});

test('a population that grew and was cancelled still gives those who are there', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('grown', { populationSize: 6 });
  assert.equal((await fleet.run('generate', spec, '--workers', '1', '--out', 'six.jsonl')).code, 0);
  assert.equal((await fleet.run('enqueue', spec, '--count', '30')).code, 0);
  assert.equal((await fleet.run('cancel')).code, 0);
  const { code, stderr } = await fleet.run('generate', spec, '--workers', '0', '--out', 'again.jsonl');
  assert.equal(code, 0, stderr);
  assert.deepEqual(await fleet.lines('again.jsonl'), await fleet.lines('six.jsonl'));
});

test('growing keeps everybody, and the counts of the whole are those of its size', async (t) => {
  const fleet = await testFleet(t);
  const dimensions = { quarter: { old: 50, new: 30, far: 20 }, pet: { cat: 1, none: 2 } };
  const spec = await fleet.spec('growing', { populationSize: 30, dimensions });
  assert.equal((await fleet.run('generate', spec, '--workers', '1', '--out', 'before.jsonl')).code, 0);
  const grow = ['generate', spec, '--workers', '1', '--count', '50', '--out', 'after.jsonl'];
  assert.equal((await fleet.run(...grow)).code, 0);
  const after = await fleet.lines('after.jsonl');
  assert.deepEqual(after.slice(0, 30), await fleet.lines('before.jsonl'));
  const count = (name: string, value: string) =>
    after.filter(({ characteristics }) => characteristics[name] === value).length;
  assert.deepEqual(
    ['old', 'new', 'far'].map((value) => count('quarter', value)),
    [25, 15, 10],
  );
  assert.ok([16, 17].includes(count('pet', 'cat')));
  assert.equal(fleet.simulator.stats().calls, 50);
});

test('a question that no worker here can put to its model is said to wait, and Ctrl-C ends the waiting', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('elsewhere', {
    model: 'simulated-1',
    samplingSpaceDescription: 'Nurses, mostly.',
  });
  const waiting = fleet.start('generate', spec, '--workers', '1');
  await until('the line', () => /no worker is connected that serves this model/.test(waiting.stderr()));
  waiting.kill('SIGINT');
  assert.equal((await waiting.ended).code, 130, waiting.stderr());
  assert.equal(fleet.simulator.stats().calls, 0);
});
