import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { CommandContext } from '../../src/cli/context.ts';
import { type FactoriesOptions, factories } from '../../src/cli/factories.ts';
import { type TestFleet, testFleet } from '../support/fleet.ts';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

/** Runs the command in this process; its workers are processes of their own. */
async function run(fleet: TestFleet, count: number, options: FactoriesOptions, env = fleet.env) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const context: CommandContext = {
    env,
    stdin: process.stdin,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
    program,
    parent: undefined,
  };
  const printed = Promise.all([text(stdout), text(stderr)]);
  try {
    assert.equal(await factories(count, options, context), 0);
  } finally {
    stdout.end();
    stderr.end();
  }
  const [out, err] = await printed;
  return { out, err };
}

const broad = { context: 'Users of a tram line.', workers: 1, simulation: 'test' };

test('starts what is needed, prints the contexts, and makes no call the second time', async (t: TestContext) => {
  const fleet = await testFleet(t);
  const first = await run(fleet, 3, broad);
  assert.equal(first.out.match(/^\S/gm)?.length, 3, first.out);
  assert.match(first.err, /asking for 3 contexts/);
  const second = await run(fleet, 3, { ...broad, json: true, workers: 0 });
  const { factories: planned } = JSON.parse(second.out);
  assert.equal(planned.length, 3);
  for (const { title, context } of planned) assert.ok(first.out.includes(`${title}\n  ${context}\n`));
  assert.equal(second.err, '');
  assert.equal(fleet.simulator.stats().calls, 1);
});

test('without a key or an endpoint the simulator answers', async (t) => {
  const fleet = await testFleet(t);
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...env } = fleet.env;
  const { out, err } = await run(fleet, 2, broad, env);
  assert.match(err, /the SIMULATOR, no model is called/);
  assert.equal(out.match(/^\S/gm)?.length, 2);
  assert.equal(fleet.simulator.stats().calls, 0);
});

test('writes a spec for each factory, which enqueue takes', async (t) => {
  const fleet = await testFleet(t);
  const contextFile = join(fleet.folder, 'context.txt');
  await writeFile(contextFile, 'Users of a tram line.\n');
  const out = join(fleet.folder, 'specs');
  const { context: _context, ...rest } = broad;
  const { out: printed } = await run(fleet, 2, { ...rest, contextFile, out, seed: '9', populationSize: 7 });
  const files = printed.trim().split('\n');
  assert.equal(files.length, 2);
  assert.match(files[0] ?? '', /specs\/01-[a-z0-9-]+\.yaml$/);
  for (const file of files) {
    const spec = parse(await readFile(file, 'utf8'));
    assert.deepEqual([spec.simulation, spec.populationSize, spec.seed], ['test', 7, '9']);
    const enqueued = await fleet.run('enqueue', file);
    assert.equal(enqueued.code, 0, enqueued.stderr);
  }
});

test('bad input is one message before anything is started', async (t) => {
  const fleet = await testFleet(t);
  for (const [count, options, message] of [
    [1001, broad, /at most 1000, got 1001/],
    [2, {}, /exactly one of --context and --context-file/],
    [2, { ...broad, contextFile: 'x' }, /exactly one of/],
    [2, { contextFile: 'nowhere.txt' }, /nowhere\.txt: there is no such file/],
    [2, { context: ' ' }, /--context is empty/],
  ] as const) {
    await assert.rejects(run(fleet, count, options), { exitCode: 2, message });
  }
});
