import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { TinyPerson } from '../../src/shared/person/tiny-person.ts';
import { agentText, writeFiles } from '../producer/import/agent-documents.ts';
import { testFleet } from '../support/fleet.ts';

test('imported people keep their names from those who are generated, and everybody is exported, imports first', async (t) => {
  const fleet = await testFleet(t);
  const generate = async (simulation: string, out: string) => {
    const spec = await fleet.spec('town', { simulation, populationSize: 20 });
    const { code, stderr } = await fleet.run('generate', spec, '--workers', '1', '--out', out);
    assert.equal(code, 0, stderr);
    return fleet.lines(out);
  };
  const [first] = await generate('elsewhere', 'elsewhere.jsonl');
  assert.ok(first);
  await writeFiles(fleet.folder, {
    'agents/1.agent.json': agentText(first.name.toUpperCase(), { occupation: 'baker' }),
    'agents/old/2.agent.json': agentText(
      'Zenobia Quill',
      { age: '40ish' },
      { mental_state: { mood: 'calm' } },
    ),
    'agents/travel.fragment.json': JSON.stringify({ type: 'Fragment', persona: { likes: ['trains'] } }),
  });
  const args = ['import', 'agents', '--simulation', 'test'] as const;
  const imported = await fleet.run(...args, '--fragment', 'agents/travel.fragment.json');
  assert.equal(imported.code, 0, imported.stderr);
  assert.match(imported.stdout, /simulation test {2}2 people imported, 0 already there\n$/);
  assert.match(imported.stderr, /skipped, as they are no \*\.agent\.json: agents\/travel\.fragment\.json/);
  assert.match(imported.stderr, /left out, as only the persona is imported: mental_state \(1 files\)/);

  const town = await generate('test', 'town.jsonl');
  assert.equal(town[0]?.slot, 0);
  assert.notEqual(town[0]?.name, first.name, 'the slot moved on to its next candidate');
  const exported = await fleet.run('export', '--simulation', 'test', '--out', 'all.jsonl', '--json');
  assert.equal(exported.code, 0, exported.stderr);
  assert.equal(JSON.parse(exported.stdout).populations.length, 2);
  const all = await fleet.lines('all.jsonl');
  await fleet.assertWhole(22, all.slice(0, 2), all.slice(2));
  assert.deepEqual(all.slice(2), town);
  assert.deepEqual(
    all.slice(0, 2).map(({ name, persona, provenance }) => [name, persona, provenance.imported?.file]),
    [
      [
        first.name.toUpperCase(),
        { name: first.name.toUpperCase(), occupation: 'baker', likes: ['trains'] },
        '1.agent.json',
      ],
      ['Zenobia Quill', { name: 'Zenobia Quill', age: '40ish', likes: ['trains'] }, 'old/2.agent.json'],
    ],
  );

  const several = await fleet.run('export');
  assert.equal(several.code, 2);
  assert.match(
    several.stderr,
    /choose one with --simulation; there are:\n {2}elsewhere \(20 people\)\n {2}test/,
  );
});

test('collisions: 3 with the list; bad files: 2 and nothing is imported', async (t) => {
  const fleet = await testFleet(t);
  await writeFiles(fleet.folder, {
    'Ann.agent.json': agentText('Ann Lee', { age: 3 }),
    'more/Ann.agent.json': agentText('ann-lee', { age: 4 }),
    'more/Bo.agent.json': agentText('Bo'),
    'bad/Cy.agent.json': agentText('Cy'),
    'bad/Di.agent.json': '{"type":"TinyPerson","persona":{"name":"Di","__proto__":{}}}',
  });
  assert.equal((await fleet.run('import', 'Ann.agent.json', '--simulation', 'test')).code, 0);
  const clash = await fleet.run('import', 'more', '--simulation', 'test');
  assert.equal(clash.code, 3, clash.stderr);
  assert.match(clash.stdout, /1 people imported, 0 already there, 1 not imported/);
  assert.match(
    clash.stdout,
    /"ann-lee" of more\/Ann\.agent\.json: the name is taken by "Ann Lee" of Ann\.agent\.json, who is another/,
  );
  const again = await fleet.run('import', 'more', '--simulation', 'test', '--json');
  assert.equal(again.code, 3, again.stderr);
  const { imported, alreadyThere, collisions, exitCode } = JSON.parse(again.stdout);
  assert.deepEqual([imported, alreadyThere, collisions.length, exitCode], [0, 1, 1, 3]);

  const bad = await fleet.run('import', 'bad', 'Ann.agent.json', '--simulation', 'test');
  assert.equal(bad.code, 2, bad.stderr);
  assert.match(
    bad.stderr,
    /^persona-fleet: 1 of 3 files cannot be imported, so nothing was:\n {2}.*bad\/Di\.agent/m,
  );
  const status = await fleet.status();
  assert.deepEqual([status?.size, status?.committed, status?.state], [2, 2, 'complete']);
});

test('there is nothing to watch, retry or cancel in imported people', async (t) => {
  const fleet = await testFleet(t);
  await writeFiles(fleet.folder, { 'Ann.agent.json': agentText('Ann') });
  await fleet.run('import', 'Ann.agent.json', '--simulation', 'test');
  for (const command of ['watch', 'retry', 'cancel']) {
    const { code, stderr } = await fleet.run(command);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^persona-fleet: population \w+ (holds imported people|is complete already).*nothing to/m,
    );
  }
  assert.equal((await fleet.status())?.state, 'complete');
});

test('an exported folder goes in again elsewhere, and out again as it was', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('town', { simulation: 'first', populationSize: 5 });
  const args = ['--workers', '1', '--format', 'tinytroupe', '--out', 'first'];
  assert.equal((await fleet.run('generate', spec, ...args)).code, 0);
  assert.equal((await fleet.run('import', 'first', '--simulation', 'second')).code, 0);
  const out = ['--simulation', 'second', '--format', 'tinytroupe', '--out', 'second'];
  assert.equal((await fleet.run('export', ...out)).code, 0);
  const files = await readdir(join(fleet.folder, 'first'));
  assert.equal(files.length, 5);
  for (const file of files) {
    const [one, two] = await Promise.all(
      ['first', 'second'].map((folder) => TinyPerson.loadSpecification(join(fleet.folder, folder, file))),
    );
    assert.deepEqual(two?.persona, one?.persona);
    assert.deepEqual(two?.characteristics, one?.characteristics);
    const { provenance } = JSON.parse(await readFile(join(fleet.folder, 'second', file), 'utf8'));
    assert.equal(provenance.simulated, true);
    assert.deepEqual(provenance.imported.provenance, one?.provenance);
  }
});
