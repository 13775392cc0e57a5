import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { test } from 'node:test';
import { findAgentFiles } from '../../../src/producer/import/agent-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeFiles } from './agent-documents.ts';

test('folders are searched with all their folders, in order; other JSON is named, the rest passed over', async (t) => {
  const folder = await temporaryFolder(t);
  const at = await writeFiles(folder, {
    'b.agent.json': '',
    'a.agent.json': '',
    'old/z.agent.json': '',
    'travel.fragment.json': '',
    'old/population.json': '',
    'notes.txt': '',
    '.people.123.tmp/hidden.agent.json': '',
    '.c.agent.json': '',
  });
  const { files, skipped } = await findAgentFiles([folder]);
  assert.deepEqual(files, [
    { path: at('a.agent.json'), source: 'a.agent.json' },
    { path: at('b.agent.json'), source: 'b.agent.json' },
    { path: at('old/z.agent.json'), source: 'old/z.agent.json' },
  ]);
  assert.deepEqual(skipped, [at('old/population.json'), at('travel.fragment.json')]);
});

test('a file that is named is taken whatever its name, once, and in the order given', async (t) => {
  const folder = await temporaryFolder(t);
  const at = await writeFiles(folder, { 'lisa.json': '', 'a.agent.json': '', 'b.agent.json': '' });
  await symlink(at('a.agent.json'), at('c.agent.json'));
  await symlink(folder, at('loop'));
  const { files, skipped } = await findAgentFiles([at('lisa.json'), at('b.agent.json'), folder, at('loop')]);
  assert.deepEqual(
    files.map(({ source }) => source),
    ['lisa.json', 'b.agent.json', 'a.agent.json'],
  );
  assert.deepEqual(skipped.includes(at('lisa.json')), false);
});

test('paths that hold no agent are named all at once', async (t) => {
  const folder = await temporaryFolder(t);
  const at = await writeFiles(folder, { 'good/a.agent.json': '', 'empty/x.fragment.json': '' });
  await assert.rejects(findAgentFiles([at('good'), at('none.json'), at('empty')]), {
    name: 'UserError',
    exitCode: 2,
    message: `nothing was imported:\n  ${at('none.json')}: there is no such file or folder\n  ${at('empty')}: expected a file named *.agent.json in this folder`,
  });
});
