import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../../src/doctor/check.ts';
import { examineMachine } from '../../../src/doctor/machine/examine-machine.ts';
import { type MachineFacts, readMachineFacts } from '../../../src/doctor/machine/machine-facts.ts';

const limits = (files: string) => `Limit                     Soft Limit           Hard Limit           Units
Max processes             96279                96279                processes
Max open files            ${files}                 1048576              files
`;
const well: MachineFacts = {
  nodeVersion: 'v24.21.0',
  engines: '>=22.18',
  cores: 4,
  memoryBytes: 8 * 1024 ** 3,
  procLimits: limits('1024'),
};

async function examined(
  machine: Partial<MachineFacts>,
  { processes = 4, concurrency = 16 } = {},
): Promise<Record<string, Check>> {
  const config = { PERSONA_FLEET_PROCESSES: processes, PERSONA_FLEET_CONCURRENCY: concurrency };
  const checks = await examineMachine({ ...well, ...machine }, config, new AbortController().signal);
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

test('a machine that fits passes', async () => {
  const checks = Object.values(await examined({}));
  assert.deepEqual(
    checks.map(({ name, status }) => [name, status]),
    [
      ['node', 'ok'],
      ['cores', 'ok'],
      ['memory', 'ok'],
      ['open files', 'ok'],
    ],
  );
});

test('more processes than cores, or than memory, are found, with the number that fits', async () => {
  const { cores } = await examined({ cores: 2 });
  assert.deepEqual([cores?.status, cores?.found], ['warning', '2 cores, PERSONA_FLEET_PROCESSES 4']);
  assert.match(cores?.advice ?? '', /PERSONA_FLEET_PROCESSES to 2 or less/);
  const { memory } = await examined({ memoryBytes: 512 * 1_048_576 });
  assert.deepEqual([memory?.status, memory?.found], ['warning', '512 MB for 4 worker processes']);
  assert.match(memory?.advice ?? '', /1,024 MB/);
});

test('a limit of open files below what the calls need is found', async () => {
  const few = await examined({}, { concurrency: 1_000 });
  assert.equal(few['open files']?.status, 'warning');
  assert.match(few['open files']?.found ?? '', /^1,024 open files a process, about 1128 needed/);
  assert.equal((await examined({ procLimits: limits('unlimited') }))['open files']?.status, 'ok');
  assert.equal((await examined({ procLimits: undefined }))['open files']?.status, 'skipped');
});

test('a Node that is too old is a fault, one of a short-lived line a warning', async () => {
  const statusOf = async (nodeVersion: string) => (await examined({ nodeVersion })).node?.status;
  assert.equal(await statusOf('v22.17.9'), 'fault');
  assert.equal(await statusOf('v20.19.0'), 'fault');
  assert.equal(await statusOf('v22.18.0'), 'ok');
  assert.equal(await statusOf('v25.1.0'), 'warning');
});

test('the facts of this machine can be read', () => {
  const facts = readMachineFacts();
  assert.equal(facts.nodeVersion, process.version);
  assert.match(facts.engines, /^>=\d+\.\d+$/);
  assert.ok(facts.cores >= 1 && facts.memoryBytes > 0 && Number.isFinite(facts.memoryBytes));
});
