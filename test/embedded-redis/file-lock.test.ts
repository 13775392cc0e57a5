import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { staleAfterMs, withFileLock } from '../../src/embedded-redis/file-lock.ts';
import { RedisUnavailableError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const moduleUrl = new URL('../../src/embedded-redis/file-lock.ts', import.meta.url).href;

function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

test('the lock is free again after the action, also when it throws', async (t) => {
  const dir = await temporaryFolder(t);
  const path = join(dir, 'lock');
  await assert.rejects(
    withFileLock(path, async () => {
      assert.deepEqual(await readdir(dir), ['lock']);
      throw new Error('from the action');
    }),
    /from the action/,
  );
  assert.equal(await withFileLock(path, async () => 'result', { waitMs: 0 }), 'result');
  assert.deepEqual(await readdir(dir), []);
});

test('processes take turns', async (t) => {
  const dir = await temporaryFolder(t);
  const [path, log] = [join(dir, 'lock'), join(dir, 'log')];
  const program = `
    import { appendFileSync } from 'node:fs';
    const { withFileLock } = await import(${JSON.stringify(moduleUrl)});
    for (let turn = 0; turn < 5; turn += 1) {
      await withFileLock(${JSON.stringify(path)}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in\\n');
        await new Promise(setImmediate);
        appendFileSync(${JSON.stringify(log)}, 'out\\n');
      });
    }`;
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0, 0]);
  assert.equal(await readFile(log, 'utf8'), 'in\nout\n'.repeat(15));
});

test('the lock of a process that has died is taken at once, by one of many', async (t) => {
  const path = join(await temporaryFolder(t), 'lock');
  await writeFile(path, JSON.stringify({ pid: deadPid(), host: hostname() }));
  let inside = 0;
  const turns = Array.from({ length: 8 }, () =>
    withFileLock(path, async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise(setImmediate);
      inside -= 1;
    }),
  );
  await Promise.all(turns);
});

test('the lock of a live process is waited for, and its holder named at the end', async (t) => {
  const path = join(await temporaryFolder(t), 'lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }));
  await assert.rejects(
    withFileLock(path, async () => {}, { waitMs: 0 }),
    (error) => {
      assert.ok(error instanceof RedisUnavailableError);
      assert.match(error.message, new RegExp(`pid ${process.pid}`));
      assert.ok(error.message.includes(path));
      return true;
    },
  );
});

test('the lock of another host is taken over only when its heartbeat is missing', async (t) => {
  const path = join(await temporaryFolder(t), 'lock');
  await writeFile(path, JSON.stringify({ pid: deadPid(), host: 'elsewhere' }));
  await assert.rejects(
    withFileLock(path, async () => {}, { waitMs: 0 }),
    /elsewhere/,
  );
  const longAgo = new Date(Date.now() - staleAfterMs - 1_000);
  await utimes(path, longAgo, longAgo);
  assert.equal(await withFileLock(path, async () => 'taken', { waitMs: 5_000 }), 'taken');
});
