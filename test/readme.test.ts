import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { configTable } from './support/config-table.ts';

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
