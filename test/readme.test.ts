import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadPopulationSpec } from '../src/producer/population-spec.ts';
import { readModelsFile } from '../src/shared/models/models-file.ts';
import { configTable } from './support/config-table.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = new URL('../', import.meta.url);
const readme = await readFile(new URL('README.md', root), 'utf8');

test('the configuration table is the schema', () => {
  const [, table] = /<!-- configuration: [^\n]*-->\n([\s\S]*?)\n<!-- \/configuration -->/.exec(readme) ?? [];
  assert.equal(table, configTable());
});

test('every file the README names is there', () => {
  const named = [...readme.matchAll(/`((?:src|examples|test|bench|deploy)\/[^`*{}\s]+)`/g)].map(
    ([, path]) => path ?? '',
  );
  assert.ok(named.length > 8);
  for (const path of named) assert.ok(existsSync(new URL(path, root)), path);
});

test('what docs/models.md says to write is taken', async (t) => {
  const text = await readFile(new URL('docs/models.md', root), 'utf8');
  const [budget = '', models = ''] = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);
  const folder = await temporaryFolder(t);
  const spec = join(folder, 'spec.yaml');
  await writeFile(spec, `context: A town.\npopulationSize: 2\n${budget}`);
  assert.deepEqual((await loadPopulationSpec(spec)).budget, { usd: 20, tokens: 50_000_000 });
  const file = join(folder, 'models.yaml');
  await writeFile(file, models);
  assert.deepEqual([...readModelsFile(file).keys()], ['gpt-4.1-mini', 'my-own-model']);
});
