import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { PersonLine } from '../../../src/producer/export/person-line.ts';
import { writeTinyTroupeFolder } from '../../../src/producer/export/tinytroupe-folder.ts';
import { UserError } from '../../../src/shared/errors.ts';
import { TinyPerson } from '../../../src/shared/person/tiny-person.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { line } from './exported-people.ts';

async function* lines(...people: PersonLine[]): AsyncGenerator<PersonLine> {
  yield* people;
}
async function* failing(): AsyncGenerator<PersonLine> {
  yield line(0, 'Ann Lee');
  throw new Error('the source failed');
}
const named = (...names: string[]) => lines(...names.map((name, slot) => line(slot, name)));

async function refused(writing: Promise<void>, why: RegExp): Promise<void> {
  await assert.rejects(writing, (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, why);
    return true;
  });
}

test('each person is a file that TinyTroupe loads, with where it came from', async (t) => {
  const folder = join(await temporaryFolder(t), 'deep', 'people');
  await writeTinyTroupeFolder(folder, named('Ann Lee', 'Zoë O’Neil'));
  assert.deepEqual((await readdir(folder)).sort(), ['Ann_Lee.agent.json', 'Zoë_O’Neil.agent.json']);
  const file = join(folder, 'Ann_Lee.agent.json');
  const document = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(document.type, 'TinyPerson');
  assert.deepEqual(document.persona, line(0, 'Ann Lee').persona);
  assert.deepEqual(document.characteristics, { age: 41 });
  assert.deepEqual(document.provenance, { slot: 0, ...line(0, 'Ann Lee').provenance });
  const person = await TinyPerson.loadSpecification(file);
  assert.equal(person.name, 'Ann Lee');
  assert.deepEqual(await readdir(join(folder, '..')), [basename(folder)]);
});

test('names that file systems would refuse or mix up get files of their own', async (t) => {
  const folder = join(await temporaryFolder(t), 'people');
  const names = [
    '../../etc/passwd',
    'a/b\\c:d*e?f"g<h>i|j',
    '...',
    '???',
    'Ann Lee',
    'ANN LEE',
    'Ann_Lee',
    'Ann\nLee',
    '\u0000',
    '.hidden',
  ];
  await writeTinyTroupeFolder(folder, named(...names));
  const files = await readdir(folder);
  assert.equal(files.length, names.length);
  assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length);
  for (const file of files) assert.doesNotMatch(file, /[\p{Cc}<>:"/\\|?*\s]|^\./u);
  const slots = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')).provenance.slot),
  );
  assert.deepEqual(
    slots.sort((a, b) => a - b),
    names.map((_, slot) => slot),
  );
});

test("a name that is another's with the slot added takes nobody's file", async (t) => {
  const folder = join(await temporaryFolder(t), 'people');
  await writeTinyTroupeFolder(folder, named('Ann Lee', 'Ann-Lee 2', 'ANN LEE', 'Bo', 'Ann Lee 5', 'Ann_Lee'));
  assert.equal((await readdir(folder)).length, 6);
});

test('long names in any script fit, whole characters of them', async (t) => {
  const folder = join(await temporaryFolder(t), 'people');
  const names = ['x'.repeat(120), 'ก'.repeat(120), '𠮷'.repeat(60), `${'𠮷'.repeat(60)} `, 'ก'.repeat(119)];
  await writeTinyTroupeFolder(folder, named(...names));
  const files = await readdir(folder);
  assert.equal(files.length, names.length);
  for (const file of files) {
    assert.ok(Buffer.byteLength(file) < 220 && file.isWellFormed() && !file.includes('\uFFFD'), file);
  }
});

test('an earlier export is replaced as a whole', async (t) => {
  const parent = await temporaryFolder(t);
  const folder = join(parent, 'people');
  await writeTinyTroupeFolder(folder, named('Ann Lee', 'Bo Dunn'));
  await writeTinyTroupeFolder(folder, named('Cy Eck'));
  assert.deepEqual(await readdir(folder), ['Cy_Eck.agent.json']);
  await writeTinyTroupeFolder(folder, lines());
  assert.deepEqual(await readdir(folder), []);
  await writeTinyTroupeFolder(`${folder}/`, named('Di Fox'));
  assert.deepEqual(await readdir(folder), ['Di_Fox.agent.json']);
  assert.deepEqual(await readdir(parent), ['people']);
});

test('when the source fails there is no folder, and an earlier export is intact', async (t) => {
  const parent = await temporaryFolder(t);
  const folder = join(parent, 'people');
  await assert.rejects(writeTinyTroupeFolder(folder, failing()), /^Error: the source failed$/);
  assert.deepEqual(await readdir(parent), []);
  await writeTinyTroupeFolder(folder, named('Bo Dunn'));
  await assert.rejects(writeTinyTroupeFolder(folder, failing()), /the source failed/);
  assert.deepEqual(await readdir(folder), ['Bo_Dunn.agent.json']);
  assert.deepEqual(await readdir(parent), ['people']);
});

test('a folder that holds anything else is refused and left as it is', async (t) => {
  const parent = await temporaryFolder(t);
  const folder = join(parent, 'people');
  const others: [name: string, content: string][] = [
    ['notes.txt', 'mine'],
    ['Lisa.agent.json', JSON.stringify({ type: 'TinyPerson', persona: { name: 'Lisa' } })],
    ['Oscar.agent.json', 'no JSON'],
    ['Null.agent.json', 'null'],
  ];
  for (const [name, content] of others) {
    await writeTinyTroupeFolder(join(parent, name, 'people'), named('Ann Lee'));
    const mixed = join(parent, name, 'people');
    await writeFile(join(mixed, name), content);
    await refused(
      writeTinyTroupeFolder(mixed, named('Bo Dunn')),
      new RegExp(`holds ${name}, which is no earlier export`),
    );
    assert.equal(await readFile(join(mixed, name), 'utf8'), content);
    assert.deepEqual((await readdir(mixed)).sort(), ['Ann_Lee.agent.json', name].sort());
    assert.deepEqual(await readdir(join(parent, name)), ['people']);
  }
  await mkdir(join(folder, 'deep.agent.json'), { recursive: true });
  await refused(writeTinyTroupeFolder(folder, named('Bo Dunn')), /deep\.agent\.json/);
  assert.ok((await stat(join(folder, 'deep.agent.json'))).isDirectory());
});

test('a place where no folder can be is one clear line', async (t) => {
  const parent = await temporaryFolder(t);
  await writeFile(join(parent, 'file'), 'x');
  await symlink('nowhere', join(parent, 'dangling'));
  for (const path of [join(parent, 'file'), join(parent, 'file', 'people')]) {
    await refused(writeTinyTroupeFolder(path, named('Ann Lee')), /^cannot write .*not a directory/);
  }
  await refused(writeTinyTroupeFolder('-', named('Ann Lee')), /is a folder of files/);
  assert.deepEqual((await readdir(parent)).sort(), ['dangling', 'file']);
  assert.equal(await readFile(join(parent, 'file'), 'utf8'), 'x');
});
