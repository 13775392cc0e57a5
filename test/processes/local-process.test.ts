import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { startLocalProcess } from '../../src/processes/local-process.ts';
import { logFileOutput, type ProcessOutput, sharedOutput } from '../../src/processes/process-output.ts';
import { UserError } from '../../src/shared/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function starting(
  t: TestContext,
  source: string,
  earlierLog = '',
  output?: ProcessOutput,
  limits: { signal?: AbortSignal; readyWithinMs?: number; killAfterMs?: number } = {},
) {
  const folder = await temporaryFolder(t);
  const program = join(folder, 'program.mjs');
  await writeFile(program, source);
  await writeFile(join(folder, 'part.log'), earlierLog);
  return startLocalProcess({
    program,
    args: ['part'],
    env: {},
    output: output ?? logFileOutput({ dir: folder, name: 'part.log' }),
    killAfterMs: 5_000,
    ...limits,
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

/** A stream that remembers what was written to it. */
function listening() {
  let heard = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      heard += String(chunk);
      done();
    },
  });
  return { stream, heard: () => heard };
}

test('with shared output, what a process says before it is ready is kept back, and what it says later is passed on', async () => {
  const { stream, heard } = listening();
  const stderr = new PassThrough();
  const output = sharedOutput(stream);
  output.onSpawned({ stderr });
  const said = once(stderr, 'data');
  stderr.write('warning: said by the parent already\n');
  await said;
  output.onReady();
  stderr.end('bye\n');
  assert.equal(await output.lastLine(), '');
  assert.equal(heard(), 'bye\n');
});

test('with shared output, one that ends before it is ready is quoted, and nothing is said twice', async (t) => {
  const { stream, heard } = listening();
  const source = `console.error('persona-fleet: port 80 is taken'); process.exitCode = 5;`;
  await assert.rejects(starting(t, source, '', sharedOutput(stream)), {
    message: 'part ended before it was ready: port 80 is taken',
    exitCode: 5,
  });
  assert.equal(heard(), '');
});

/** Stays, says who it is, ignores SIGTERM, and never says that it is ready. */
const silent = `process.on('SIGTERM', () => {}); console.error('it is ' + process.pid); setInterval(() => {}, 1_000);`;

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

test('one that never says it is ready is killed after a while, and what it said last is quoted', async (t) => {
  // A loaded machine may not even get it to speak in this time.
  const part = starting(t, silent, '', undefined, { readyWithinMs: 500, killAfterMs: 10 });
  await failsWith(part, 1, /^part was not ready within 0\.5 s, and was ended(: it is \d+)? \(/);
});

test('told to stop before it is ready, it is ended, by force where it does not listen', async (t) => {
  const stopping = new AbortController();
  const { stream, heard } = listening();
  const output = sharedOutput(stream);
  let pid = 0;
  const spoken = Promise.withResolvers<void>();
  const part = starting(
    t,
    silent,
    '',
    {
      ...output,
      onSpawned(child) {
        output.onSpawned(child);
        child.stderr?.once('data', (text: string) => {
          pid = Number(/\d+/.exec(text)?.[0]);
          spoken.resolve();
        });
      },
    },
    { signal: stopping.signal, killAfterMs: 10 },
  );
  await spoken.promise;
  stopping.abort();
  await assert.rejects(part, { name: 'AbortError' });
  assert.ok(pid > 0 && isGone(pid), `process ${pid}`);
  assert.equal(heard(), '');
});

test('told to stop before it begins, it starts nothing', async (t) => {
  const part = starting(t, 'process.send({});', '', undefined, { signal: AbortSignal.abort() });
  await assert.rejects(part, { name: 'AbortError' });
});
