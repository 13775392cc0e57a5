import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../../src/cli/context.ts';
import { report } from '../../src/cli/report.ts';
import { planPopulation } from '../../src/producer/plan-population.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { encodePersonRecord } from '../../src/shared/person/person-record.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { type Change, everySlot, recordsOf, stateOf } from '../producer/report/reported-people.ts';
import { fleetEnv } from '../support/cli-process.ts';
import { connect, testPrefix } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SIZE = 200;

/** A population in Redis of which these slots are committed, and the command run on it. */
async function reported(t: TestContext, slots: readonly number[], change?: Change) {
  const prefix = testPrefix(t);
  const redis = await connect(t);
  const keys = createKeys(prefix);
  const state = stateOf(SIZE);
  const { population } = await planPopulation(state, createPopulations(redis, keys, 'sim'), 'sim');
  const transactions = createSlotTransactions(redis, keys, 'sim', population);
  const records = recordsOf(state, change);
  for (const slot of slots) {
    const record = records(slot);
    const payload = encodePersonRecord(record);
    const committed = await transactions.commit(slot, { name: record.persona.name, payload });
    assert.equal(committed.code, 'committed');
  }
  const folder = await temporaryFolder(t);
  const env = await fleetEnv(prefix, { PERSONA_FLEET_DATA_DIR: join(folder, 'data') });
  const run = async (options: Parameters<typeof report>[1], signal = new AbortController().signal) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const written = { stdout: '', stderr: '' };
    stdout.setEncoding('utf8').on('data', (text) => {
      written.stdout += text;
    });
    stderr.setEncoding('utf8').on('data', (text) => {
      written.stderr += text;
    });
    const context = {
      env,
      stdout,
      stderr,
      signal,
      program: '',
      parent: undefined,
    } as unknown as CommandContext;
    const code = await report(undefined, options, context);
    return { code, ...written };
  };
  return { folder, run };
}

test('a whole population: tables, JSON, a page, and a gate that it passes', async (t) => {
  const { folder, run } = await reported(t, everySlot(SIZE));
  const text = await run({});
  assert.equal(text.code, 0);
  assert.match(text.stdout, /200 of 200 slots; 0 failed, 0 open/);
  assert.match(text.stdout, /female\s+75\.0 %\s+150\.0\s+150\s+150/);

  const html = join(folder, 'out.html');
  const json = await run({ json: true, html, failOver: 'tvd=0.01,drift=0,repeated-names=0,failed=0' });
  assert.equal(json.code, 0, json.stderr);
  const facts = JSON.parse(json.stdout);
  assert.deepEqual([facts.people, facts.names.distinct, facts.dimensions.length], [SIZE, SIZE, 3]);
  assert.match(await readFile(html, 'utf8'), /^<!doctype html>[\s\S]*<\/html>\n$/);
  assert.match(json.stderr, /the report was written to .*out\.html/);
});

test('a gate that is passed over names each metric with its value: 3', async (t) => {
  const { run } = await reported(t, everySlot(SIZE).slice(0, 150), (slot, { gender }) => ({
    gender: slot < 30 ? 'unheard of' : gender,
  }));
  const { code, stderr, stdout } = await run({ failOver: 'tvd=0.01,open=0.2,failed=0,plan-tvd=0.1' });
  assert.equal(code, 3);
  assert.match(stderr, /^tvd is 0\.\d+; at most 0\.01 is allowed \(total variation/m);
  assert.match(stderr, /^open is 0\.25; at most 0\.2 is allowed/m);
  assert.doesNotMatch(stderr, /^(?:failed|plan-tvd) /m);
  assert.match(stdout, /\(none of these\)\s+0\.0 %\s+0\.0\s+0\s+30/);
});

test('bad thresholds and places are refused before anything is read: 2', async (t) => {
  const { folder, run } = await reported(t, []);
  await assert.rejects(run({ failOver: 'tvd=low,speed=3' }), {
    exitCode: 2,
    message: /tvd needs a number.*"speed"/,
  });
  await assert.rejects(run({ html: folder }), { exitCode: 2, message: /cannot write / });
});

test('nobody committed: a report of the plan, and no gate lets it through', async (t) => {
  const { run } = await reported(t, []);
  const { code, stdout, stderr } = await run({ failOver: 'tvd=1' });
  assert.match(stdout, /0 of 200 slots; 0 failed, 200 open/);
  assert.match(stderr, /tvd could not be measured/);
  assert.equal(code, 3);
});

test('the page on stdout comes alone', async (t) => {
  const { run } = await reported(t, everySlot(5));
  const { stdout, stderr } = await run({ html: '-', json: true });
  assert.match(stdout, /^<!doctype html>[\s\S]*<\/html>\n$/);
  assert.equal(JSON.parse(stderr).people, 5);
});

test('an interrupt leaves no page: 130', async (t) => {
  const { folder, run } = await reported(t, everySlot(5));
  const html = join(folder, 'out.html');
  await assert.rejects(run({ html }, AbortSignal.abort()), { exitCode: 130 });
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('out.html')),
    [],
  );
});
