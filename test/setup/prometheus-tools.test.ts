import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensurePrometheus } from '../support/prometheus-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const posixOnly = { skip: process.platform === 'win32' ? 'the commands are shell scripts' : false };

/** Downloads a package when `hasLists` is there, which an update makes; says in `asked` what it was asked for. */
const aptGet = (bin: string) => `
  [ "$1" = --version ] && exit 0
  echo "$1" >> ${bin}/asked
  if [ "$1" = update ]; then : > ${bin}/hasLists; exit 0; fi
  [ -e ${bin}/hasLists ] || exit 100
  : > prometheus_1_all.deb`;

const dpkg = `
  [ "$1" = --version ] && exit 0
  [ -e "$2" ] || exit 2
  /bin/mkdir -p "$3/usr/bin"
  for command in prometheus promtool; do
    { echo '#!/bin/sh'; echo 'exit 0'; } > "$3/usr/bin/$command"
    /bin/chmod 755 "$3/usr/bin/$command"
  done`;

/** A machine whose PATH is one folder, holding sh and the scripts given. */
async function machineWith(t: TestContext, scripts: (bin: string) => Record<string, string>, isRoot = true) {
  const dir = await temporaryFolder(t);
  const bin = join(dir, 'bin');
  await mkdir(bin);
  await symlink('/bin/sh', join(bin, 'sh'));
  for (const [name, body] of Object.entries(scripts(bin))) {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const said: string[] = [];
  const unpackInto = join(dir, 'data');
  const machine = { env: { PATH: bin }, isRoot };
  const ensure = () => ensurePrometheus({ announce: (line) => said.push(line), machine, unpackInto });
  const asked = () => readFile(join(bin, 'asked'), 'utf8').catch(() => '');
  return { said, ensure, asked, unpackInto };
}

test('a Prometheus on PATH is used as it is', posixOnly, async (t) => {
  const { ensure, said } = await machineWith(t, () => ({ prometheus: 'exit 0', promtool: 'exit 0' }));
  assert.deepEqual(await ensure(), { prometheus: 'prometheus', promtool: 'promtool' });
  assert.deepEqual(said, []);
});

test(
  'without one it is fetched and unpacked once, whoever asks; root brings missing package lists',
  posixOnly,
  async (t) => {
    const machine = await machineWith(t, (bin) => ({ 'apt-get': aptGet(bin), dpkg }));
    const bin = join(machine.unpackInto, 'prometheus', 'usr', 'bin');
    const expected = { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool') };
    assert.deepEqual(await Promise.all([machine.ensure(), machine.ensure()]), [expected, expected]);
    assert.deepEqual(await machine.ensure(), expected);
    assert.equal(await machine.asked(), 'download\nupdate\ndownload\n');
    assert.deepEqual(machine.said, ['fetching Prometheus for the tests (first run only)']);
  },
);

test('where it cannot be had that is said, and nothing is left behind', posixOnly, async (t) => {
  const skipped =
    /^there is no Prometheus: the tests that need one are skipped\..*apt-get install prometheus/;
  const user = await machineWith(t, (bin) => ({ 'apt-get': aptGet(bin), dpkg }), false);
  assert.equal(await user.ensure(), undefined);
  assert.match(user.said[1] ?? '', skipped);
  assert.equal(await user.asked(), 'download\n');
  const elsewhere = await machineWith(t, () => ({}));
  assert.equal(await elsewhere.ensure(), undefined);
  assert.match(elsewhere.said[0] ?? '', skipped);
});
