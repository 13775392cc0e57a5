import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { writeWhole } from '../../../src/producer/export/output.ts';
import { writeTinyTroupeFolder } from '../../../src/producer/export/tinytroupe-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The id of a process that has ended. */
const dead = () => spawnSync(process.execPath, ['--version']).pid;

test('what a killed export left is removed by the next one to the same place, and nothing else is', async (t) => {
  const folder = await temporaryFolder(t);
  const others = [`.people.${process.ppid}.tmp`, `.other.${dead()}.tmp`, '.people.x.tmp', '.people.tmp'];
  for (const name of others) await writeFile(join(folder, name), '');
  await writeFile(join(folder, `.people.${dead()}.tmp`), 'half');
  await writeWhole(join(folder, 'people'), new PassThrough(), (put) => put('x'));
  assert.deepEqual((await readdir(folder)).sort(), [...others, 'people'].sort());
});

test('the same for a folder, and for what was moved aside once the new one stands', async (t) => {
  const folder = await temporaryFolder(t);
  const left = [`.people.${dead()}.tmp`, `.people.${dead()}.tmp.old`];
  for (const name of left) await mkdir(join(folder, name, 'deep'), { recursive: true });
  const people = join(folder, 'people');
  // biome-ignore lint/correctness/useYield: it fails before the first person
  const failing = (async function* () {
    throw new Error('the source failed');
  })();
  await assert.rejects(writeTinyTroupeFolder(people, failing), /the source failed/);
  assert.deepEqual(await readdir(folder), left.slice(1));
  await writeTinyTroupeFolder(people, (async function* () {})());
  assert.deepEqual(await readdir(folder), ['people']);
});
