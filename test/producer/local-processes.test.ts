import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startLocalProcess } from '../../src/producer/local-processes.ts';
import { UserError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function starting(t: TestContext, source: string, earlierLog = '') {
  const folder = await temporaryFolder(t);
  const program = join(folder, 'program.mjs');
  await writeFile(program, source);
  await writeFile(join(folder, 'part.log'), earlierLog);
  return startLocalProcess({
    program,
    args: ['part'],
    env: {},
    logDir: folder,
    logName: 'part.log',
    killAfterMs: 5_000,
  });
}

async function failsWith(starting: Promise<unknown>, exitCode: number, message: RegExp): Promise<void> {
  await assert.rejects(starting, (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.exitCode, exitCode);
    assert.match(error.message, message);
    assert.match(error.message, /its log is .*part\.log/);
    return true;
  });
}

test('a process that says it is ready runs until it is stopped', async (t) => {
  const part = await starting(t, 'process.send({ port: 7 }); setInterval(() => {}, 1_000);');
  assert.deepEqual(part.ready, { port: 7 });
  await part.stop();
  assert.deepEqual(await part.ended, { code: null, signal: 'SIGTERM' });
});

test('one that ends before it is ready passes on its message and its documented exit code', async (t) => {
  const source = `console.error('starting\\npersona-fleet: port 80 is taken\\n    at a stack'); process.exitCode = 2;`;
  await failsWith(starting(t, source), 2, /^part ended before it was ready: port 80 is taken \(/);
});

test('other exit codes are unexpected, and an earlier run is not quoted', async (t) => {
  await failsWith(starting(t, 'process.exitCode = 77;', 'persona-fleet: old\n'), 1, /ready: exit code 77 \(/);
  await failsWith(starting(t, `console.log('bye');`), 1, /ready: bye \(/);
  await failsWith(starting(t, `process.kill(process.pid, 'SIGKILL');`), 1, /ready: SIGKILL \(/);
});
