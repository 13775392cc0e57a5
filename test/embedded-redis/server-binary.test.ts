import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureServerBinary } from '../../src/embedded-redis/server-binary.ts';
import { ExitCode, RedisUnavailableError, UserError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A machine whose PATH is one folder, holding only the commands given as shell scripts (and env, which all have). */
async function machineWith(t: TestContext, scripts: Record<string, string>, isRoot = true) {
  const dir = await temporaryFolder(t);
  const bin = join(dir, 'bin');
  const dataDir = join(dir, 'data');
  await mkdir(bin);
  await symlink('/usr/bin/env', join(bin, 'env'));
  for (const [name, body] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const lines: string[] = [];
  const ensure = (install = true) =>
    ensureServerBinary({
      dataDir,
      announce: (line) => lines.push(line),
      install,
      machine: { env: { PATH: bin }, isRoot },
    });
  return { bin, dataDir, lines, ensure };
}

/** A package manager that installs `command` when asked for the package `accepted`, and logs what it is asked. */
function packageManager(bin: string, accepted: string, command: string): string {
  return `
    [ "$1" = --version ] && exit 0
    echo "asked: $*" >> ${bin}/asked
    echo "noise of the installer"
    for last; do :; done
    [ "$last" = ${accepted} ] || exit 100
    { echo '#!/bin/sh'; echo 'exit 0'; } > ${bin}/${command}
    /bin/chmod 755 ${bin}/${command}`;
}

async function add(bin: string, name: string, body: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(bin, name), 0o755);
}

test('a server on PATH is used as it is, redis first', async (t) => {
  const both = await machineWith(t, { 'redis-server': 'exit 0', 'valkey-server': 'exit 0' });
  assert.equal(await both.ensure(), 'redis-server');
  const valkey = await machineWith(t, { 'valkey-server': 'exit 0' });
  assert.equal(await valkey.ensure(), 'valkey-server');
  const broken = await machineWith(t, { 'redis-server': 'exit 127', 'valkey-server': 'exit 0' });
  assert.equal(await broken.ensure(), 'valkey-server');
  assert.deepEqual([...both.lines, ...valkey.lines, ...broken.lines], []);
});

test('root installs it with the package manager: one line said, the output in a log', async (t) => {
  const machine = await machineWith(t, {});
  await add(machine.bin, 'apt-get', packageManager(machine.bin, 'redis-server', 'redis-server'));
  assert.equal(await machine.ensure(), 'redis-server');
  assert.deepEqual(machine.lines, ['installing redis-server with apt-get (first run only)']);
  assert.match(await readFile(join(machine.dataDir, 'install-redis.log'), 'utf8'), /noise of the installer/);
  assert.equal(await machine.ensure(), 'redis-server');
  assert.equal(machine.lines.length, 1);
});

test('two at once install it once', async (t) => {
  const machine = await machineWith(t, {});
  await add(machine.bin, 'apk', packageManager(machine.bin, 'redis', 'redis-server'));
  assert.deepEqual(await Promise.all([machine.ensure(), machine.ensure()]), ['redis-server', 'redis-server']);
  assert.equal(await readFile(join(machine.bin, 'asked'), 'utf8'), 'asked: add --no-cache redis\n');
});

test('a system that has only valkey gets valkey', async (t) => {
  const machine = await machineWith(t, {});
  await add(machine.bin, 'dnf', packageManager(machine.bin, 'valkey', 'valkey-server'));
  assert.equal(await machine.ensure(), 'valkey-server');
});

test('passwordless sudo installs; without it nothing is tried', async (t) => {
  const sudoer = await machineWith(
    t,
    { sudo: '[ "$1" = -n ] || exit 1; shift; exec "$@"', true: 'exit 0' },
    false,
  );
  await add(sudoer.bin, 'apk', packageManager(sudoer.bin, 'redis', 'redis-server'));
  assert.equal(await sudoer.ensure(), 'redis-server');

  const user = await machineWith(t, { sudo: 'exit 1' }, false);
  await add(user.bin, 'apk', packageManager(user.bin, 'redis', 'redis-server'));
  await assert.rejects(user.ensure(), /sudo apk add redis/);
  await assert.rejects(readFile(join(user.bin, 'asked')), { code: 'ENOENT' });
  assert.deepEqual(user.lines, []);
});

test('Homebrew is used without root only', async (t) => {
  const user = await machineWith(t, {}, false);
  await add(user.bin, 'brew', packageManager(user.bin, 'redis', 'redis-server'));
  assert.equal(await user.ensure(), 'redis-server');
  const root = await machineWith(t, {}, true);
  await add(root.bin, 'brew', packageManager(root.bin, 'redis', 'redis-server'));
  await assert.rejects(root.ensure(), RedisUnavailableError);
});

test('no server and no way to install one: three ways out and exit code 5', async (t) => {
  const machine = await machineWith(t, {});
  await assert.rejects(machine.ensure(), (error) => {
    assert.ok(error instanceof RedisUnavailableError);
    assert.equal(error.exitCode, ExitCode.redis);
    assert.match(error.message, /package:.*\n.*container:.*docker run .*noeviction.*\n.*REDIS_URL=redis:/);
    return true;
  });
});

test('a failed installation says where its output is, then the ways out', async (t) => {
  const machine = await machineWith(t, { pacman: '[ "$1" = --version ] && exit 0; echo no mirror; exit 1' });
  await assert.rejects(machine.ensure(), /package:/);
  const log = join(machine.dataDir, 'install-redis.log');
  assert.ok(machine.lines.at(-1)?.includes(log));
  assert.match(await readFile(log, 'utf8'), /no mirror/);
});

test('an installation that was not asked for does not happen', async (t) => {
  const machine = await machineWith(t, {});
  await add(machine.bin, 'apt-get', packageManager(machine.bin, 'redis-server', 'redis-server'));
  await assert.rejects(machine.ensure(false), /sudo apt-get install redis-server/);
  await assert.rejects(readFile(join(machine.bin, 'asked')), { code: 'ENOENT' });
});

test('a data directory that cannot be made is bad input and named', async (t) => {
  const dir = await temporaryFolder(t);
  await writeFile(join(dir, 'file'), '');
  const dataDir = join(dir, 'file', 'data');
  await assert.rejects(
    ensureServerBinary({ dataDir, announce: () => {}, machine: { env: { PATH: dir }, isRoot: true } }),
    (error) =>
      error instanceof UserError && error.exitCode === ExitCode.badInput && error.message.includes(dataDir),
  );
});
