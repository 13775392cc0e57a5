import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFleet } from '../support/fleet.ts';

test('key and Redis come from files, in a command and in the workers that it starts', async (t) => {
  const fleet = await testFleet(t, { apiKey: 'sk-from-a-file' }, { PERSONA_FLEET_WORKERS: '1' });
  const key = join(fleet.folder, 'key');
  const url = join(fleet.folder, 'url');
  await writeFile(key, 'sk-from-a-file\n');
  await writeFile(url, `${fleet.env.REDIS_URL}\n`);
  const byFile = {
    REDIS_URL: '',
    REDIS_URL_FILE: url,
    OPENAI_API_KEY: '',
    OPENAI_API_KEY_FILE: key,
  };
  const out = join(fleet.folder, 'people.jsonl');
  const spec = await fleet.spec('filed', { populationSize: 4 });
  const { code, stderr } = await fleet.runWith(byFile, 'generate', spec, '--out', out);
  assert.equal(code, 0, stderr);
  assert.equal((await fleet.lines('people.jsonl')).length, 4);
});

test('a file that is not there ends a command with 2, and what files hold is never shown', async (t) => {
  const fleet = await testFleet(t);
  const key = join(fleet.folder, 'key');
  await writeFile(key, 'sk-secret');
  const { code, stderr } = await fleet.runWith(
    { OPENAI_API_KEY_FILE: key, REDIS_URL: '', REDIS_URL_FILE: '/nowhere/url' },
    'status',
  );
  assert.equal(code, 2);
  assert.match(stderr, /REDIS_URL_FILE: cannot read \/nowhere\/url: there is no such file/);
  assert.match(stderr, /OPENAI_API_KEY and OPENAI_API_KEY_FILE are both given/);
  assert.doesNotMatch(stderr, /sk-secret|sk-test/);
});
