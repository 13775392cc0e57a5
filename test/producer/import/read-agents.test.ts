import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeAnyRecord } from '../../../src/producer/import/imported-record.ts';
import { readAgents } from '../../../src/producer/import/read-agents.ts';
import { UserError } from '../../../src/shared/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { agentText, writeFiles } from './agent-documents.ts';

const importedAt = '2030-01-01T00:00:00.000Z';
const filesOf = (at: (name: string) => string, ...names: string[]) =>
  names.map((name) => ({ path: at(name), source: name }));
const fragmentText = (persona: object) => JSON.stringify({ type: 'Fragment', persona });

test('a person is kept with what describes it; what TinyTroupe keeps beside it is named and left out', async (t) => {
  const at = await writeFiles(await temporaryFolder(t), {
    'lisa.agent.json': agentText(
      'Lisa',
      { occupation: 'baker', nickname: ['Li'] },
      {
        mental_faculties: [],
        episodic_memory: { memory: ['x'] },
        current_episode_event_count: 3,
        provenance: { model: 'gpt', simulated: true },
        characteristics: { age: 30 },
      },
    ),
  });
  const [agent] = await readAgents(filesOf(at, 'lisa.agent.json'), { fragments: [], importedAt });
  assert.ok(agent);
  assert.deepEqual(agent.leftOut, ['episodic_memory', 'current_episode_event_count']);
  assert.deepEqual(decodeAnyRecord(agent.payload), {
    persona: { name: 'Lisa', occupation: 'baker', nickname: ['Li'] },
    characteristics: { age: 30 },
    model: 'gpt',
    simulated: true,
    promptDigest: '',
    attempts: 0,
    tokens: { prompt: 0, cached: 0, completion: 0 },
    committedAt: importedAt,
    imported: {
      file: 'lisa.agent.json',
      digest: agent.digest,
      provenance: { model: 'gpt', simulated: true },
    },
  });
});

test('the digest is of the person: the same one however written, another one for any change', async (t) => {
  const at = await writeFiles(await temporaryFolder(t), {
    'a.json': '{"type":"TinyPerson","persona":{"name":"Lisa","age":3}}',
    'b.json': '{\n "persona": {"age": 3, "name": "Lisa"},\n "type": "TinyPerson", "mental_state": {"x": 1}}',
    'c.json': '{"type":"TinyPerson","persona":{"name":"Lisa","age":4}}',
    'd.json': '{"type":"TinyPerson","persona":{"name":"Lisa","age":3},"characteristics":{"age":3}}',
    'f.json': fragmentText({ likes: ['tea'] }),
  });
  const names = ['a.json', 'b.json', 'c.json', 'd.json'];
  const [a, b, ...others] = await readAgents(filesOf(at, ...names), { fragments: [], importedAt });
  const [withFragment] = await readAgents(filesOf(at, 'a.json'), { fragments: [at('f.json')], importedAt });
  assert.equal(a?.digest, b?.digest);
  for (const other of [...others, withFragment]) assert.notEqual(other?.digest, a?.digest);
});

test('fragments are merged into each person, in their order', async (t) => {
  const at = await writeFiles(await temporaryFolder(t), {
    'a.json': agentText('Ann', { age: 3, likes: ['tea'] }),
    'b.json': agentText('Bo'),
    '1.json': fragmentText({ age: 4, likes: ['tea', 'rain'], home: { city: 'Kyoto' } }),
    '2.json': fragmentText({ age: 5, home: { pets: 2 } }),
  });
  const options = { fragments: [at('1.json'), at('2.json')], importedAt };
  const agents = await readAgents(filesOf(at, 'a.json', 'b.json'), options);
  const merged = { age: 5, likes: ['tea', 'rain'], home: { city: 'Kyoto', pets: 2 } };
  assert.deepEqual(
    agents.map(({ payload }) => decodeAnyRecord(payload).persona),
    [
      { name: 'Ann', ...merged },
      { name: 'Bo', ...merged },
    ],
  );
});

test('every file at fault is named, in one message', async (t) => {
  const bad: [text: string, says: RegExp][] = [
    ['{"type":"TinyPerson","persona":{"na', /does not parse/],
    ['[]', /expected an object, got an array/],
    ['{"title":"a population"}', /expected "type": "TinyPerson", got undefined/],
    [fragmentText({ likes: [] }), /expected "type": "TinyPerson", got "Fragment"/],
    ['{"type":"TinyPerson","persona":{"age":3}}', /\$\.name/],
    [agentText('?!'), /expected a name with letters or digits, got "\?!"/],
    [agentText('x'.repeat(121)), /\$\.name/],
    ['{"type":"TinyPerson","persona":{"name":"A","__proto__":{}}}', /"__proto__" is not allowed/],
    [`{"type":"TinyPerson","persona":{"name":"A","x":${'['.repeat(90)}${']'.repeat(90)}}}`, /levels of/],
    [agentText('A', { age: true }), /\$\.age/],
    [agentText('A', {}, { provenance: 'us' }), /\$\.provenance/],
    [agentText('A', { likes: 'x'.repeat(2_000_000) }), /bytes of JSON/],
  ];
  const files = Object.fromEntries(bad.map(([text], index) => [`${index}.json`, text]));
  const at = await writeFiles(await temporaryFolder(t), { ...files, 'good.json': agentText('Lisa') });
  const all = filesOf(at, 'good.json', ...Object.keys(files));
  await assert.rejects(readAgents(all, { fragments: [], importedAt }), (error) => {
    assert.ok(error instanceof UserError);
    const [head, ...faults] = error.message.split('\n');
    assert.equal(head, `${bad.length} of ${bad.length + 1} files cannot be imported, so nothing was:`);
    assert.equal(faults.length, bad.length);
    for (const [index, [, says]] of bad.entries()) {
      assert.ok(faults[index]?.includes(at(`${index}.json`)), faults[index]);
      assert.match(faults[index] ?? '', says);
    }
    return true;
  });
});

test('a fragment that renames, does not fit or cannot be read is a fault before anything is imported', async (t) => {
  const at = await writeFiles(await temporaryFolder(t), {
    'a.json': agentText('Ann', { likes: 'rain' }),
    'renames.json': fragmentText({ name: 'Bo' }),
    'misfits.json': fragmentText({ likes: ['tea'] }),
    'person.json': agentText('Bo'),
  });
  const cases: [fragment: string, says: RegExp][] = [
    ['renames.json', /a\.json with .*renames\.json: these definitions have the name "Bo"/],
    ['misfits.json', /a\.json with .*misfits\.json: cannot merge a list into a scalar at \$\.likes/],
    ['person.json', /person\.json: expected "type": "Fragment", got "TinyPerson"/],
    ['none.json', /none\.json: ENOENT/],
  ];
  for (const [fragment, message] of cases) {
    const reading = readAgents(filesOf(at, 'a.json'), { fragments: [at(fragment)], importedAt });
    await assert.rejects(reading, { name: 'UserError', exitCode: 2, message });
  }
});
