import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, finished, lockfile } from './checkout.ts';

const launcher = 'scripts/run.mjs';

test('the first run installs and says so in one line; the second says and does nothing', async (t) => {
  const { dir, write, run } = await checkout(t);
  await write('bench/hello.ts', "const word: string = 'hello'; console.log(word, ...process.argv.slice(2));");
  const first = await run(launcher, 'bench', 'hello', 'a b', '--flag');
  assert.deepEqual([first.code, first.out], [0, 'hello a b --flag\n']);
  assert.match(first.err, /^installing dependencies.*\n$/);
  const second = await run(launcher, 'bench', 'hello');
  assert.deepEqual(second, { code: 0, signal: null, out: 'hello\n', err: '' });
  assert.match(
    await readFile(join(dir, 'npm-calls'), 'utf8'),
    /^ci --ignore-scripts --no-audit --no-fund .*\n$/,
  );
});

test('what a plain npm ci installed is taken as it is', async (t) => {
  const { dir, write, run } = await checkout(t);
  await write('bench/hello.ts', '');
  await write('node_modules/.package-lock.json', lockfile('1.0.0'));
  assert.deepEqual(await run(launcher, 'bench', 'hello'), { code: 0, signal: null, out: '', err: '' });
  await assert.rejects(readFile(join(dir, 'npm-calls')), { code: 'ENOENT' });
});

test('a changed lockfile, a half-made and a vanished node_modules are installed anew', async (t) => {
  const { dir, write, run } = await checkout(t);
  await write('bench/hello.ts', '');
  const calls = async () => (await readFile(join(dir, 'npm-calls'), 'utf8')).trim().split('\n').length;
  await run(launcher, 'bench', 'hello');
  await write('package-lock.json', lockfile('2.0.0'));
  await run(launcher, 'bench', 'hello');
  assert.equal(await calls(), 2);
  // npm writes its record last: a folder without it was interrupted.
  await rm(join(dir, 'node_modules/.package-lock.json'));
  await run(launcher, 'bench', 'hello');
  assert.equal(await calls(), 3);
  await rm(join(dir, 'node_modules'), { recursive: true });
  await run(launcher, 'bench', 'hello');
  assert.equal(await calls(), 4);
});

test('two first runs at once install once', async (t) => {
  const { dir, write, run } = await checkout(t);
  await write('bench/hello.ts', '');
  const runs = await Promise.all([run(launcher, 'bench', 'hello'), run(launcher, 'bench', 'hello')]);
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0],
  );
  assert.equal((await readFile(join(dir, 'npm-calls'), 'utf8')).trim().split('\n').length, 1);
});

test('an installation that was killed does not block the next', async (t) => {
  const { write, run } = await checkout(t);
  await write('bench/hello.ts', '');
  // No process has this id: it is above what systems hand out.
  await write('.persona-fleet/install.lock', '4194999');
  assert.equal((await run(launcher, 'bench', 'hello')).code, 0);
});

test('a failed installation shows what npm said and runs nothing', async (t) => {
  const { write, run } = await checkout(t);
  await write('bench/hello.ts', "console.log('ran');");
  await write('npm-fails', '');
  const { code, out, err } = await run(launcher, 'bench', 'hello');
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /npm ci failed:\nregistry on fire/);
});

test('unknown tasks and benchmarks are answered with the known ones', async (t) => {
  const { write, run } = await checkout(t);
  await write('bench/hello.ts', '');
  const task = await run(launcher, 'fly');
  assert.equal(task.code, 2);
  assert.match(task.err, /unknown task fly; expected one of: start, test/);
  const bench = await run(launcher, 'bench', 'fly');
  assert.equal(bench.code, 2);
  assert.match(bench.err, /unknown benchmark fly; expected one of: hello/);
});

test('the exit code of the task is the exit code of the launcher', async (t) => {
  const { write, run } = await checkout(t);
  await write('bench/leave.ts', 'process.exitCode = Number(process.argv[2]);');
  assert.equal((await run(launcher, 'bench', 'leave', '3')).code, 3);
  await write('bench/crash.ts', "process.kill(process.pid, 'SIGKILL');");
  assert.equal((await run(launcher, 'bench', 'crash')).code, 128 + 9);
});

/** A task that runs until the signal comes. */
function drainOn(signal: NodeJS.Signals): string {
  return `
    const timer = setInterval(() => {}, 1000);
    process.on('${signal}', () => { clearInterval(timer); console.log('drained'); process.exitCode = 7; });
    console.log('ready');`;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} sent to the launcher alone reaches the task, which is waited for`, async (t) => {
    const { write, start } = await checkout(t);
    await write('bench/wait.ts', drainOn(signal));
    const child = start(launcher, ['bench', 'wait']);
    const end = finished(child);
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.kill(signal);
    const { code, out } = await end;
    assert.deepEqual([code, out], [7, 'ready\ndrained\n']);
  });
}

test('a task started through npm does not outlive npm', async (t) => {
  const { write, startAsNpm } = await checkout(t);
  await write('bench/wait.ts', drainOn('SIGTERM'));
  const shell = startAsNpm(launcher, ['bench', 'wait']);
  const end = finished(shell);
  if (shell.stdout !== null) await once(shell.stdout, 'data');
  shell.kill('SIGTERM');
  assert.equal((await end).out, 'ready\ndrained\n');
});

test('the command runs the source in a checkout and the compiled files in a package', async (t) => {
  const { dir, write, run } = await checkout(t);
  await write('dist/cli.js', "console.log('compiled', process.argv.slice(2).join()); process.exitCode = 3;");
  assert.deepEqual(await run('bin/persona-fleet.js', 'a', '--b'), {
    code: 3,
    signal: null,
    out: 'compiled a,--b\n',
    err: '',
  });
  await write('src/cli.ts', "const from: string = 'source'; console.log(from);");
  const bare = await run('bin/persona-fleet.js');
  assert.equal(bare.code, 2);
  assert.match(bare.err, /^persona-fleet: nothing is installed in this checkout yet: run `npm ci.*\n$/);
  await write('node_modules/.package-lock.json', lockfile('1.0.0'));
  assert.equal((await run('bin/persona-fleet.js')).out, 'source\n');
  await writeFile(join(dir, 'src/cli.ts'), "throw new Error('thrown by the command');");
  assert.equal((await run('bin/persona-fleet.js')).code, 1);
});
