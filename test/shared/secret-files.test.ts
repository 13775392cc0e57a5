import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { UserError } from '../../src/shared/errors.ts';
import { readSecretFiles, replaceSettings, SETTINGS_BY_FILE } from '../../src/shared/secret-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const reading = (files: Readonly<Record<string, string | Error>>) => (path: string) => {
  const content = files[path] ?? Object.assign(new Error('no'), { code: 'ENOENT' });
  if (content instanceof Error) throw content;
  return content;
};

function faultsOf(env: Record<string, string>, files: Record<string, string | Error>): string {
  try {
    readSecretFiles(env, reading(files));
  } catch (error) {
    assert.ok(error instanceof UserError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  throw new Error(`expected ${JSON.stringify(env)} to be refused`);
}

test('each secret comes from its file, without the line break at its end', async (t) => {
  const folder = await temporaryFolder(t);
  const secrets = {
    REDIS_URL: 'redis://:pass@redis:6379',
    OPENAI_API_KEY: 'sk-1',
    PERSONA_FLEET_HEADERS: '{"api-key": "k"}',
    PERSONA_FLEET_SERVE_TOKEN: 'sixteen-letters!',
  };
  assert.deepEqual(Object.keys(secrets), [...SETTINGS_BY_FILE]);
  const env: Record<string, string> = { PERSONA_FLEET_PREFIX: 'mine' };
  for (const [name, secret] of Object.entries(secrets)) {
    env[`${name}_FILE`] = join(folder, name);
    await writeFile(join(folder, name), `${secret}\n`);
  }
  assert.deepEqual(readSecretFiles(env), { ...secrets, PERSONA_FLEET_PREFIX: 'mine' });
  assert.equal(loadConfig(readSecretFiles(env)).PERSONA_FLEET_SERVE_TOKEN, secrets.PERSONA_FLEET_SERVE_TOKEN);
});

test('only settings that there are can come from a file', () => {
  for (const name of SETTINGS_BY_FILE) assert.ok(name in configSchema.shape, name);
  assert.throws(
    () => loadConfig(readSecretFiles({ PERSONA_FLEET_RPM_FILE: '/rpm' })),
    /PERSONA_FLEET_RPM_FILE/,
  );
});

test('one line break is trimmed, of either kind, and nothing else', () => {
  const read = (content: string) =>
    readSecretFiles({ OPENAI_API_KEY_FILE: '/key' }, reading({ '/key': content })).OPENAI_API_KEY;
  assert.equal(read('k'), 'k');
  assert.equal(read('k\r\n'), 'k');
  assert.equal(read(' k\n\n'), ' k\n');
});

test('an empty file and an empty name are unset, and stand beside a variable', () => {
  const files = { '/empty': '', '/blank': '\n' };
  for (const path of ['/empty', '/blank', '', ' ']) {
    assert.deepEqual(readSecretFiles({ OPENAI_API_KEY_FILE: path }, reading(files)), {});
    const env = { OPENAI_API_KEY_FILE: path, OPENAI_API_KEY: 'sk-1' };
    assert.deepEqual(readSecretFiles(env, reading(files)), { OPENAI_API_KEY: 'sk-1' });
  }
});

test('a setting given both ways is a fault that shows neither', () => {
  const env = { OPENAI_API_KEY_FILE: '/key', OPENAI_API_KEY: 'sk-variable' };
  assert.equal(
    faultsOf(env, { '/key': 'sk-file' }),
    'the environment has 1 fault:\n  OPENAI_API_KEY and OPENAI_API_KEY_FILE are both given: leave one of them out',
  );
  assert.equal(readSecretFiles({ ...env, OPENAI_API_KEY: '' }, reading({ '/key': 'k' })).OPENAI_API_KEY, 'k');
});

test('files that cannot be read are named with their variables, all at once', () => {
  const failing = (code: string) => Object.assign(new Error('sk-in-a-message'), { code });
  const env = {
    REDIS_URL_FILE: '/nowhere',
    OPENAI_API_KEY_FILE: '/locked',
    PERSONA_FLEET_HEADERS_FILE: '/folder',
    PERSONA_FLEET_SERVE_TOKEN_FILE: '/broken',
  };
  const files = { '/locked': failing('EACCES'), '/folder': failing('EISDIR'), '/broken': failing('EIO') };
  assert.equal(
    faultsOf(env, files),
    [
      'the environment has 4 faults:',
      '  REDIS_URL_FILE: cannot read /nowhere: there is no such file',
      '  OPENAI_API_KEY_FILE: cannot read /locked: permission denied; the user that this process runs as must be able to read it',
      '  PERSONA_FLEET_HEADERS_FILE: cannot read /folder: it is a directory, expected a file',
      '  PERSONA_FLEET_SERVE_TOKEN_FILE: cannot read /broken: EIO',
    ].join('\n'),
  );
});

test('a replaced setting is not read from its file either; the others stay files', () => {
  const env = { REDIS_URL_FILE: '/url', OPENAI_API_KEY_FILE: '/key', PATH: '/bin' };
  assert.deepEqual(replaceSettings(env, { REDIS_URL: 'redis://other' }), {
    REDIS_URL: 'redis://other',
    OPENAI_API_KEY_FILE: '/key',
    PATH: '/bin',
  });
});
