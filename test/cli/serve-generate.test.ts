import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type CliProcess, startCli } from '../support/cli-process.ts';
import { testFleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const DEFAULT_PORT = 9465;

/** Waits for something that a command says on stderr, and gives what the pattern's group holds. */
function said(cli: CliProcess, pattern: RegExp): Promise<string> {
  return until(String(pattern), () => {
    if (cli.child.exitCode !== null) throw new Error(`it ended: ${cli.stderr()}`);
    return pattern.exec(cli.stderr())?.[1];
  });
}

const servesAt = (cli: CliProcess) => said(cli, /metrics at (http:\S+)\/metrics/);
const isDone = (cli: CliProcess) => said(cli, /(serving http:\S+ until Ctrl-C)/);
const committedAt = async (url: string) =>
  Number(
    /^persona_fleet_people_committed_total (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1],
  );

test('generate --serve serves the run and what it left, until Ctrl-C, and ends with its exit code', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 20 }, { PERSONA_FLEET_SERVE_PORT: '0' });
  const spec = await fleet.spec('town', { populationSize: 20 });
  const args = ['generate', spec, '--workers', '1', '--out', 'town.jsonl', '--json', '--serve'];
  const first = fleet.start(...args);
  const url = await servesAt(first);
  assert.equal((await fetch(`${url}/queues/api/queues`)).status, 200, 'also while it runs');
  await isDone(first);
  assert.equal(JSON.parse(first.stdout()).people, 20, 'the summary is written before');
  assert.equal(await committedAt(url), 20);
  first.kill('SIGINT');
  assert.deepEqual(await first.ended, { code: 0, signal: null });

  const again = fleet.start(...args);
  const urlAgain = await servesAt(again);
  await isDone(again);
  assert.equal(await committedAt(urlAgain), 20, 'a run that finds all in the cache serves as well');
  again.kill('SIGINT');
  assert.equal((await again.ended).code, 0);
});

test('the exit code is that of the run, and Ctrl-C while it runs ends both', async (t) => {
  const fleet = await testFleet(t, { faults: { refusal: 1 } }, { PERSONA_FLEET_SERVE_PORT: '0' });
  const spec = await fleet.spec('town', { populationSize: 2 });
  const failing = fleet.start('generate', spec, '--workers', '1', '--serve');
  await isDone(failing);
  failing.kill('SIGINT');
  assert.equal((await failing.ended).code, 3);

  const nobodyWorks = fleet.start('generate', spec, '--seed', 'other', '--workers', '0', '--serve');
  await said(nobodyWorks, /(no worker is connected)/);
  nobodyWorks.kill('SIGINT');
  assert.equal((await nobodyWorks.ended).code, 130);
  assert.doesNotMatch(nobodyWorks.stderr(), /until Ctrl-C/);
});

test('it serves the private Redis of a run without REDIS_URL', async (t) => {
  const fleet = await testFleet(t, {}, { PERSONA_FLEET_SERVE_PORT: '0' });
  const spec = await fleet.spec('town', { populationSize: 3 });
  const cli = startCli(t, ['generate', spec, '--workers', '1', '--serve'], {
    env: { ...fleet.env, REDIS_URL: '' },
    cwd: fleet.folder,
  });
  const url = await servesAt(cli);
  await isDone(cli);
  assert.equal(await committedAt(url), 3);
  cli.kill('SIGINT');
  assert.equal((await cli.ended).code, 0);
});

test('where nobody chose the port and it is taken, it takes another one and says so', async (t) => {
  await takeDefaultPort(t);
  const fleet = await testFleet(t);
  const spec = await fleet.spec('town', { populationSize: 1 });
  const cli = fleet.start('generate', spec, '--workers', '1', '--serve');
  const url = await servesAt(cli);
  assert.match(cli.stderr(), /port 9465 is in use: taking another one/);
  assert.notEqual(new URL(url).port, String(DEFAULT_PORT));
  await isDone(cli);
  cli.kill('SIGINT');
  assert.equal((await cli.ended).code, 0);

  const chosen = await fleet.runWith(
    { PERSONA_FLEET_SERVE_PORT: String(DEFAULT_PORT) },
    ...['generate', spec, '--workers', '1', '--serve'],
  );
  assert.equal(chosen.code, 2);
  assert.match(chosen.stderr, /port 9465 on 127\.0\.0\.1 is in use/);
});

/** Whatever has it on this machine already does as well. */
async function takeDefaultPort(t: TestContext): Promise<void> {
  const server = createServer().listen(DEFAULT_PORT, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    assert.equal(error.code, 'EADDRINUSE');
  });
}
