import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { configSchema, loadConfig } from '../../src/shared/config.ts';
import { ExitCode } from '../../src/shared/errors.ts';
import { SETTINGS_BY_FILE } from '../../src/shared/secret-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { CLOSING_MS } from './closing.ts';
import { imageSettings } from './docker-file.ts';

const run = promisify(execFile);
const commands = ['worker', 'serve'] as const;
const textOf = (command: string) =>
  readFileSync(new URL(`../../deploy/systemd/persona-fleet-${command}.service`, import.meta.url), 'utf8');

/** All values of a directive, in order. */
const valuesOf = (command: string, directive: string) =>
  [...textOf(command).matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const theValueOf = (command: string, directive: string) => {
  const values = valuesOf(command, directive);
  assert.equal(values.length, 1, `${directive} in ${command}`);
  return values[0] ?? '';
};
const environmentOf = (command: string): Record<string, string> =>
  Object.fromEntries(
    valuesOf(command, 'Environment').map((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]),
  );

for (const command of commands) {
  test(`${command}: runs that command, is started again unless that is of no use, and stops by a signal`, () => {
    assert.equal(theValueOf(command, 'ExecStart'), `/usr/local/bin/persona-fleet ${command}`);
    assert.equal(theValueOf(command, 'Restart'), 'on-failure');
    // Not for a Redis that is away, nor for a fault: those may pass. The exporter's port may be another command's for a while.
    const final = command === 'worker' ? [String(ExitCode.badInput)] : [];
    assert.deepEqual(valuesOf(command, 'RestartPreventExitStatus'), final);
    assert.equal(theValueOf(command, 'KillSignal'), 'SIGTERM');
    assert.deepEqual(valuesOf(command, 'WantedBy'), ['multi-user.target']);
  });

  test(`${command}: settings are known ones, and secrets are credentials`, () => {
    const env = environmentOf(command);
    const files = SETTINGS_BY_FILE.map((name) => `${name}_FILE`);
    const credentials = valuesOf(command, 'LoadCredential').map((value) => value.split(':')[0]);
    const read = Object.entries(env).flatMap(([name, path]) => (files.includes(name) ? [path] : []));
    assert.deepEqual(
      read,
      credentials.map((name) => `%d/${name}`),
    );
    for (const name of Object.keys(env)) {
      assert.ok(
        name in configSchema.shape || files.includes(name) || name === 'NODE_ENV',
        `${name} is not a setting`,
      );
      assert.ok(!SETTINGS_BY_FILE.some((secret) => secret === name), `${name} is no file`);
    }
    loadConfig(Object.fromEntries(Object.entries(env).filter(([name]) => !files.includes(name))));
  });

  test(`${command}: has no rights but those it needs`, () => {
    for (const directive of [
      'DynamicUser',
      'NoNewPrivileges',
      'PrivateDevices',
      'PrivateTmp',
      'ProtectHome',
      'ProtectKernelTunables',
      'RestrictNamespaces',
      'RestrictSUIDSGID',
    ]) {
      assert.equal(theValueOf(command, directive), 'yes', directive);
    }
    assert.equal(theValueOf(command, 'ProtectSystem'), 'strict');
    assert.equal(theValueOf(command, 'CapabilityBoundingSet'), '');
    assert.ok(valuesOf(command, 'SystemCallFilter').includes('@system-service'));
    // V8 writes the code that it runs.
    assert.deepEqual(valuesOf(command, 'MemoryDenyWriteExecute'), []);
  });

  test(`${command}: systemd knows every directive`, async (t) => {
    const folder = await temporaryFolder(t);
    const verify = async (name: string, text: string) => {
      const unit = join(folder, name);
      // The program that it starts is not installed here.
      await writeFile(unit, text.replace('/usr/local/bin/persona-fleet', process.execPath));
      return (await run('systemd-analyze', ['verify', '--man=no', unit])).stderr;
    };
    try {
      await run('systemd-analyze', ['--version']);
    } catch {
      t.skip('systemd-analyze is not installed; not checked: that systemd knows every directive of the unit');
      return;
    }
    assert.equal(await verify('good.service', textOf(command)), '');
    const broken = textOf(command).replace('KillSignal=', 'KilSignal=');
    assert.match(await verify('broken.service', broken), /KilSignal/);
  });
}

test('a worker that stops has time to finish its calls, and to close after them; its children stop in order', () => {
  const env = environmentOf('worker');
  const { PERSONA_FLEET_SHUTDOWN_GRACE_MS, PERSONA_FLEET_MODEL_TIMEOUT_MS } = loadConfig({
    PERSONA_FLEET_SHUTDOWN_GRACE_MS: env.PERSONA_FLEET_SHUTDOWN_GRACE_MS,
  });
  const seconds = Number(/^(\d+)s$/.exec(theValueOf('worker', 'TimeoutStopSec'))?.[1]);
  assert.ok(PERSONA_FLEET_SHUTDOWN_GRACE_MS > PERSONA_FLEET_MODEL_TIMEOUT_MS);
  assert.ok(seconds * 1_000 > PERSONA_FLEET_SHUTDOWN_GRACE_MS + CLOSING_MS);
  assert.equal(theValueOf('worker', 'KillMode'), 'mixed');
});

test('the exporter may ask which addresses this machine has, as it does when it listens on all of them', () => {
  const families = (command: string) => theValueOf(command, 'RestrictAddressFamilies').split(' ').sort();
  assert.deepEqual(families('serve'), ['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX']);
  assert.deepEqual(families('worker'), ['AF_INET', 'AF_INET6', 'AF_UNIX']);
});

test('the commands that install the program name what `npm pack` makes, where the units start it', () => {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const handbook = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const install = `npm pack && npm install --global --prefix /usr/local ./${name}-${version}.tgz`;
  for (const text of [handbook, ...commands.map(textOf)]) assert.ok(text.includes(install));
});

test('the ports are those of the image', () => {
  assert.equal(environmentOf('worker').PERSONA_FLEET_METRICS_PORT, imageSettings.PERSONA_FLEET_METRICS_PORT);
  assert.equal(
    environmentOf('serve').PERSONA_FLEET_SERVE_PORT,
    String(loadConfig({}).PERSONA_FLEET_SERVE_PORT),
  );
});
