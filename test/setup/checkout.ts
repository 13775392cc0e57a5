import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Finished = { code: number | null; signal: NodeJS.Signals | null; out: string; err: string };

/** A small package with our bin/ and scripts/, its own lockfile, and an `npm` that only notes that it was called. */
export async function checkout(t: TestContext) {
  const dir = await temporaryFolder(t);
  for (const part of ['bin', 'scripts']) await cp(join(root, part), join(dir, part), { recursive: true });
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  };
  await write('package.json', '{ "type": "module" }');
  await write('package-lock.json', lockfile('1.0.0'));
  await write(
    'commands/npm',
    `#!/bin/sh
echo "$@" >> npm-calls
[ -f npm-fails ] && { echo "registry on fire" >&2; exit 1; }
rm -rf node_modules && mkdir node_modules && cp package-lock.json node_modules/.package-lock.json`,
  );
  await chmod(join(dir, 'commands', 'npm'), 0o755);

  // Only these: npm tells its own children where npm is, and that would win over the one above.
  const env = { PATH: `${join(dir, 'commands')}:${process.env.PATH}` };
  const start = (file: string, args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [join(dir, file), ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  /** As npm does: from a shell that stays in between. */
  const startAsNpm = (file: string, args: readonly string[]): ChildProcess =>
    spawn('/bin/sh', ['-c', '"$@"; exit $?', 'sh', process.execPath, join(dir, file), ...args], {
      cwd: dir,
      env: { ...env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run = (file: string, ...args: string[]) => finished(start(file, args));
  return { dir, write, start, startAsNpm, run };
}

export function lockfile(version: string): string {
  return JSON.stringify({ packages: { 'node_modules/dep': { version, integrity: `sha512-${version}` } } });
}

/** Resolves when the process and its output have ended. */
export async function finished(child: ChildProcess): Promise<Finished> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, out, err };
}
