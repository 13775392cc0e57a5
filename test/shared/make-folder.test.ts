import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../src/shared/make-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('makes all folders of a path, together with others who make them, and again without an error', async (t) => {
  const folder = join(await temporaryFolder(t), 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder)));
  await makeFolder(folder);
  assert.ok((await stat(folder)).isDirectory());
});

test('rejects where a file is in the way, and where no folder can be', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  await assert.rejects(makeFolder(file), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(file, 'below')), { code: /EEXIST|ENOTDIR/ });
  if (process.platform === 'linux') await assert.rejects(makeFolder('/proc/none/below'), { code: 'ENOENT' });
});
