import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { environmentOf, interpolate, service } from './compose-file.ts';

const run = promisify(execFile);
const posixOnly = { skip: process.platform === 'win32' ? 'the entrypoints are for a POSIX shell' : false };

test(
  'with neither key nor endpoint the simulator answers, under a prefix of its own',
  posixOnly,
  async (t) => {
    for (const command of ['worker', 'serve', 'generate']) {
      const { stdout } = await enter(t, { args: [command, '--flag'], hosts: ['simulator'] });
      assert.equal(stdout, `${command} --flag|http://simulator:8080/v1|simulated-1|demo\n`);
    }
  },
);

test('without a simulator to answer, a worker says what is missing and ends with 2', posixOnly, async (t) => {
  await assert.rejects(enter(t, { args: ['worker'], hosts: [] }), {
    code: 2,
    stdout: '',
    stderr: /^no model: .*OPENAI_API_KEY_FILE.*OPENAI_BASE_URL.*--profile demo\n$/,
  });
  // Looking at a demo's people takes no model.
  assert.match((await enter(t, { args: ['export'], hosts: [] })).stdout, /\|demo\n$/);
});

test('a given model is left alone', posixOnly, async (t) => {
  const env = { OPENAI_API_KEY_FILE: './key', OPENAI_MODEL: 'm-1' };
  const byKey = await enter(t, { args: ['worker'], hosts: ['simulator'], env });
  assert.equal(byKey.stdout, 'worker||m-1|\n');
  const byUrl = await enter(t, { args: ['worker'], hosts: [], env: { OPENAI_BASE_URL: 'http://vllm/v1' } });
  assert.equal(byUrl.stdout, 'worker|http://vllm/v1||\n');
});

test('the demo makes 10,000 of the example; COUNT says otherwise, of any spec', posixOnly, async (t) => {
  const sizeOf = async (args: string[], env: Record<string, string> = {}) => {
    const { stdout } = await enter(t, { args, hosts: ['simulator'], service: 'producer', env });
    return stdout.split('|')[0];
  };
  const command = (env: Record<string, string> = {}) =>
    (service('producer').command ?? []).map((word) => interpolate(word, env));
  const example = 'examples/riverside.yaml';
  const real = { OPENAI_API_KEY_FILE: './key' };
  const own = { SPEC: 'examples/own.yaml' };
  assert.equal(await sizeOf(command()), `generate --count 10000 ${example}`);
  assert.equal(await sizeOf(command(), { COUNT: '50' }), `generate --count 50 ${example}`);
  assert.equal(await sizeOf(command(own), own), 'generate examples/own.yaml');
  assert.equal(await sizeOf(command(), real), `generate ${example}`);
  assert.equal(await sizeOf(command(), { ...real, COUNT: '7' }), `generate --count 7 ${example}`);
  assert.equal(await sizeOf(['status'], { COUNT: '7' }), 'status');
});

test('a token is made up once, unless the operator has one', posixOnly, async (t) => {
  const dir = await temporaryFolder(t);
  const token = async (secret: string) => {
    await writeFile(join(dir, 'secret'), secret);
    const [shell = '', ...args] = (service('token').entrypoint ?? []).map((word) =>
      word.replaceAll('/run/secrets/serve_token', join(dir, 'secret')).replace('/run/persona-fleet', dir),
    );
    const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
    await run(shell, args, { env: { PATH: path } });
    return readFile(join(dir, 'token'), 'utf8');
  };
  const made = await token('');
  assert.match(made, /^[A-Za-z0-9_-]{32}\n$/);
  // Prometheus runs as somebody else.
  assert.equal((await stat(join(dir, 'token'))).mode & 0o444, 0o444);
  assert.equal(await token(''), made);
  assert.equal(await token('a-token-of-my-own'), 'a-token-of-my-own');
});

/** Runs a service's entrypoint as its container would, on a `persona-fleet` that prints what it was given. */
async function enter(
  t: TestContext,
  options: { args: string[]; hosts: string[]; service?: string; env?: Record<string, string> },
): Promise<{ stdout: string; stderr: string }> {
  const { args, hosts, service: name = 'worker', env = {} } = options;
  const dir = join(await temporaryFolder(t), 'bin');
  await mkdir(dir);
  const script = async (command: string, body: string) => {
    await writeFile(join(dir, command), `#!/bin/sh\n${body}\n`);
    await chmod(join(dir, command), 0o755);
  };
  await script('persona-fleet', 'echo "$*|$OPENAI_BASE_URL|$OPENAI_MODEL|$PERSONA_FLEET_PREFIX"');
  await script('getent', `case " ${hosts.join(' ')} " in *" $2 "*) ;; *) exit 2 ;; esac`);
  const [shell = '', ...words] = (service(name).entrypoint ?? []).map((word) => interpolate(word, env));
  return run(shell, [...words, ...args], {
    env: { ...environmentOf(name, env), PATH: `${dir}:/usr/bin:/bin` },
  });
}
