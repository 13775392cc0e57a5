import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { type CheckOptions, check } from '../../src/cli/check.ts';
import type { CommandContext } from '../../src/cli/context.ts';
import { personLine } from '../../src/producer/export/person-line.ts';
import {
  committedPeople,
  nameOf,
  POPULATION,
  payloadOf,
  SIMULATION,
} from '../producer/check/committed-people.ts';
import { fleetEnv } from '../support/cli-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function damaged(t: TestContext) {
  const people = await committedPeople(t);
  const folder = await temporaryFolder(t);
  const prefix = people.keys.simulations.split(':')[0] ?? '';
  const env = await fleetEnv(prefix, { PERSONA_FLEET_DATA_DIR: join(folder, 'data') });
  const run = async (file?: string, options: CheckOptions = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const streams = { stdout, stderr };
    const context = { env, ...streams, signal: new AbortController().signal } as unknown as CommandContext;
    const code = await check(file, options, context).finally(() => {
      stdout.end();
      stderr.end();
    });
    return { code, stdout: await text(stdout), stderr: await text(stderr) };
  };
  return { ...people, folder, run };
}

test('a simulation that agrees ends with 0 and one line', async (t) => {
  const { run, redis, population } = await damaged(t);
  // At rest: nobody is under way, and the state says so.
  await redis.hset(population.meta, 'status', 'paused');
  const { code, stdout, stderr } = await run();
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(stderr, `simulation ${SIMULATION}: everything agrees\n`);
});

test('what does not agree is a line each, or JSON, and the exit code is 3', async (t) => {
  const { run, redis, population, folder } = await damaged(t);
  await redis.hdel(population.results(2), '2');
  const file = join(folder, 'people.jsonl');
  const shared = { simulation: SIMULATION, population: POPULATION, seed: '42' };
  await writeFile(file, `${JSON.stringify(personLine(7, payloadOf(nameOf(7)), shared))}\n`);
  const { code, stdout, stderr } = await run(file);
  assert.equal(code, 3);
  assert.match(
    stdout,
    /^result-missing {2}ab12ab12 {2}1 committed slots .*\ncommit-lost {2}ab12ab12 {2}the file has /,
  );
  assert.match(
    stderr,
    /1 populations are being generated.*\nsimulation sim and .*people\.jsonl: 2 divergences\n$/,
  );
  const json = JSON.parse((await run(file, { json: true })).stdout);
  assert.deepEqual([json.simulation, json.found, json.divergences.length], [SIMULATION, 2, 2]);
  await assert.rejects(run(join(folder, 'none.jsonl')), /none\.jsonl: there is no such file/);
});
