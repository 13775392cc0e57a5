import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../src/shared/errors.ts';
import {
  loadDemography,
  readDemography,
} from '../../../../src/shared/sampling/demography/read-demography.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { exampleDemography } from './example-demography.ts';

test('a file and what it holds are read alike', async (t) => {
  const path = join(await temporaryFolder(t), 'people.json');
  await writeFile(path, `\uFEFF${JSON.stringify(exampleDemography)}`);
  const expected = readDemography(exampleDemography);
  assert.deepEqual(await loadDemography(path), expected);
  assert.deepEqual(await loadDemography(exampleDemography), expected);
});

test('a file that cannot be used is refused with its name and what to do', async (t) => {
  const folder = await temporaryFolder(t);
  const files: [string | Buffer, RegExp][] = [
    ['Half of the people are men.', /that is free text: use samplingSpaceDescription/],
    ['', /that is free text/],
    ['{"D": {"a": NaN}}', /it is not valid JSON \(Unexpected token/],
    [
      '{"D": {"a": "50%",\n "a": "50%"}}',
      /not valid JSON \(the key "a" is there twice, again at line 2, column 2: keep/,
    ],
    ['{"D": {\n"a": }}', /not valid JSON \(Unexpected token "}" at line 2, column 6\)/],
    ['{"D": {"a": 1e999}}', /at \$\.D\.a, got Infinity: write a finite number/],
    ['{"D": {"__proto__": 1}}', /"__proto__" is not allowed, at \$\.D/],
    ['["50%"]', /expected an object with headings as keys, got an array/],
    [`${'{"D":'.repeat(10_000)}1${'}'.repeat(10_000)}`, /at most 64 levels of nesting/],
    [Buffer.from('{"D": "é"}', 'utf16le'), /not valid JSON|not text in UTF-8/],
    [Buffer.from('{"D": "é"}', 'latin1'), /it is not text in UTF-8/],
    [' '.repeat(16 * 1024 * 1024 + 1), /expected at most 16777216 bytes, got 16777217/],
  ];
  for (const [index, [content, message]] of files.entries()) {
    const path = join(folder, `${index}.json`);
    await writeFile(path, content);
    await assert.rejects(
      loadDemography(path),
      (error) => error instanceof UserError && message.test(error.message) && error.message.includes(path),
      String(message),
    );
  }
});

test('what is no file is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const paths: [string, RegExp][] = [
    [join(folder, 'nothing.json'), /nothing\.json: there is no such file/],
    [folder, /expected a JSON file, got something else/],
    ['{"D": {"a": "50%"}}', /expected the path of a JSON file or an object, got text that begins "\{/],
    ['Half of them are men,\nhalf are not.', /give free text as samplingSpaceDescription/],
    ['a\0b', /it cannot be read \(ERR_INVALID_ARG_VALUE\)/],
  ];
  for (const [path, message] of paths) {
    await assert.rejects(loadDemography(path), { name: 'UserError', message });
  }
});
