import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TestFleet, testFleet } from '../support/fleet.ts';
import { startRedis } from '../support/redis-server.ts';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** Runs a command whose stdout is a file, or a pipe whose reader leaves before the first byte. */
async function runInto(t: TestContext, fleet: TestFleet, stdout: number | 'nobody', ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...fleet.env },
    cwd: fleet.folder,
    stdio: ['ignore', stdout === 'nobody' ? 'pipe' : stdout, 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stderr };
}

test('a reader of stdout that has gone ends a command in silence: 0', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('head', { populationSize: 3 });
  const generated = await runInto(t, fleet, 'nobody', 'generate', spec, '--workers', '1', '--out', '-');
  assert.equal(generated.code, 0, generated.stderr);
  assert.doesNotMatch(generated.stderr, /^persona-fleet: /m);
  for (const args of [['export'], ['status'], ['watch']]) {
    const { code, stderr } = await runInto(t, fleet, 'nobody', ...args);
    assert.equal(code, 0, `${args[0]}: ${stderr}`);
    assert.doesNotMatch(stderr, /^persona-fleet: /m);
  }
});

test('a full disk under stdout is one line: 2', async (t) => {
  const fleet = await testFleet(t);
  const full = await open('/dev/full', 'w');
  t.after(() => full.close());
  for (const args of [['status'], ['--help']]) {
    const { code, stderr } = await runInto(t, fleet, full.fd, ...args);
    assert.equal(code, 2, `${args[0]}: ${stderr}`);
    assert.equal(stderr, 'persona-fleet: cannot write to stdout: no space is left on the device\n');
  }
});

test('--json with people on stdout: the summary goes to stderr', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('json', { populationSize: 3 });
  const generated = await fleet.run('generate', spec, '--workers', '1', '--out', '-', '--json');
  assert.equal(generated.code, 0, generated.stderr);
  const exported = await fleet.run('export', '--json');
  for (const { stdout, stderr } of [generated, exported]) {
    const people = stdout.trimEnd().split('\n');
    assert.deepEqual(
      people.map((line) => JSON.parse(line).slot),
      [0, 1, 2],
    );
    assert.equal(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '').people, 3);
  }
});

test('a full Redis is one line: 5', async (t) => {
  await using redis = await startRedis({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
  const fleet = await testFleet(t, {}, { REDIS_URL: redis.url });
  const { code, stderr } = await fleet.run('enqueue', await fleet.spec('oom'));
  assert.equal(code, 5, stderr);
  assert.match(stderr, /^persona-fleet: Redis is full \(maxmemory\): raise maxmemory/m);
});
