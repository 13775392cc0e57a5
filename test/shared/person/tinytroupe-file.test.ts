import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../src/shared/errors.ts';
import { TinyPerson } from '../../../src/shared/person/tiny-person.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { examplePersona } from './example-persona.ts';

/** Matches a UserError whose message names the file and says this. */
const fault = (file: string, says: RegExp) => (error: unknown) =>
  error instanceof UserError && error.message.includes(file) && says.test(error.message);

test('a file in the format of TinyTroupe survives loading and saving, key order included', async (t) => {
  const folder = await temporaryFolder(t);
  const given = {
    type: 'TinyPerson',
    persona: {
      age: 30,
      name: 'Zoë Íñiguez',
      occupation: 'baker',
      nickname: 'Zo',
      skills: ['You bake.'],
      beliefs: [],
      behaviors: { general: [], travel: ['You walk.'] },
      education: null,
    },
  };
  const source = join(folder, 'given.agent.json');
  await writeFile(source, `\uFEFF${JSON.stringify(given, null, 4)}`);
  const target = join(folder, 'saved.agent.json');
  await (await TinyPerson.loadSpecification(source)).saveSpecification(target);
  assert.equal(JSON.stringify(JSON.parse(await readFile(target, 'utf8'))), JSON.stringify(given));
  assert.deepEqual((await TinyPerson.loadSpecification(given)).persona, given.persona);
});

test('provenance and characteristics are kept beside the persona; memories are left out', async (t) => {
  const file = join(await temporaryFolder(t), 'a.json');
  const person = new TinyPerson({
    persona: examplePersona(),
    characteristics: { age: 41 },
    provenance: { seed: '1' },
  });
  await person.saveSpecification(file);
  const loaded = await TinyPerson.loadSpecification(file);
  assert.deepEqual(loaded.encodeCompleteState(), person.encodeCompleteState());
  const withMemory = { ...person.specification(), episodic_memory: { memory: ['x'] } };
  assert.deepEqual((await TinyPerson.loadSpecification(withMemory)).specification(), person.specification());
});

test('a fragment is imported from a file', async (t) => {
  const file = join(await temporaryFolder(t), 'f.fragment.json');
  await writeFile(file, '{"type":"Fragment","persona":{"beliefs":["Travel broadens."],"age":99}}');
  const person = new TinyPerson({ persona: { name: 'A', beliefs: ['x'] } });
  await person.importFragment(file);
  assert.deepEqual(person.persona, { name: 'A', beliefs: ['x', 'Travel broadens.'], age: 99 });
  const other = new TinyPerson({ persona: { name: 'B', beliefs: 'none' } });
  await assert.rejects(other.importFragment(file), fault(file, /into B: cannot merge a list into a scalar/));
});

test('a bad file gives one message that names it', async (t) => {
  const folder = await temporaryFolder(t);
  const cases: [string, RegExp][] = [
    ['{"type":"TinyPerson","persona":{"na', /does not parse/],
    ['[]', /expected an object, got an array/],
    ['{"title":"a population"}', /expected "type": "TinyPerson", got undefined/],
    ['{"type":"Fragment","persona":{"name":"A"}}', /expected "type": "TinyPerson", got "Fragment"/],
    ['{"type":"TinyPerson"}', /expected an object at \$\.persona, got undefined/],
    ['{"type":"TinyPerson","persona":{"age":3}}', /\$\.name/],
    [
      '{"type":"TinyPerson","persona":{"name":"A","__proto__":{}}}',
      /"__proto__" is not allowed, at \$\.persona/,
    ],
    [
      `{"type":"TinyPerson","persona":{"name":"A","x":${'['.repeat(90)}${']'.repeat(90)}}}`,
      /levels of nesting/,
    ],
  ];
  for (const [index, [text, says]] of cases.entries()) {
    const file = join(folder, `${index}.json`);
    await writeFile(file, text);
    await assert.rejects(TinyPerson.loadSpecification(file), fault(file, says), text);
  }
  await assert.rejects(TinyPerson.loadSpecification(join(folder, 'none.json')), fault('none.json', /ENOENT/));
  await assert.rejects(TinyPerson.loadSpecification(folder), fault(folder, /EISDIR/));
});

test('an enormous file is refused unread', async (t) => {
  const file = join(await temporaryFolder(t), 'large.json');
  await writeFile(file, '{');
  await truncate(file, 2 ** 25);
  await assert.rejects(
    TinyPerson.loadSpecification(file),
    fault(file, /at most 16777216 bytes, got 33554432/),
  );
});

test('a failed save leaves what was there and nothing else', async (t) => {
  const folder = await temporaryFolder(t);
  const person = new TinyPerson({ persona: { name: 'A' } });
  const missing = join(folder, 'missing', 'a.json');
  await assert.rejects(person.saveSpecification(missing), fault(missing, /ENOENT/));
  const occupied = join(folder, 'occupied');
  await mkdir(join(occupied, 'inner'), { recursive: true });
  await assert.rejects(person.saveSpecification(occupied), fault(occupied, /cannot save/));
  assert.deepEqual(await readdir(folder), ['occupied']);
});

test('saving again replaces the file and leaves no temporary one', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.json');
  const person = new TinyPerson({ persona: { name: 'A' } });
  await person.saveSpecification(file);
  person.define('age', 5);
  await person.saveSpecification(file);
  assert.equal((await TinyPerson.loadSpecification(file)).get('age'), 5);
  assert.deepEqual(await readdir(folder), ['a.json']);
});
