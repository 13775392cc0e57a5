import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type CliProcess, runCli } from '../support/cli-process.ts';
import { type TestFleet, testFleet, untilCommitted } from '../support/fleet.ts';
import { until } from '../support/until.ts';

/** Log lines of all processes, theirs and the parent's. */
function logOf(
  cli: CliProcess,
): { pid: number; level: string; msg: string; port?: number; reason?: string }[] {
  const lines = cli.stdout().split('\n');
  // The last one may still be being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** A `worker --processes 2` that runs: the pids of its children, in the order in which they started, and where its metrics are. */
async function startPair(fleet: TestFleet) {
  const cli = fleet.start('worker', '--processes', '2');
  const started = await until('the processes to start', () =>
    logOf(cli).find(({ msg }) => msg === '2 worker processes started'),
  );
  const pids = () => logOf(cli).flatMap(({ pid, msg }) => (msg === 'worker started' ? [pid] : []));
  return { cli, pids, get: (path: string) => fetch(`http://127.0.0.1:${started.port}${path}`) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('two processes make a population; one that is killed is started again; one /metrics tells of both', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 60 }, { PERSONA_FLEET_SHARD_SIZE: '8' });
  const spec = await fleet.spec('pair', { populationSize: 120 });
  const { cli, pids, get } = await startPair(fleet);
  const producer = fleet.start('generate', spec, '--workers', '0', '--out', 'people.jsonl');
  await untilCommitted(t, fleet, 30);
  const [victim = 0] = pids();
  assert.notEqual(victim, cli.pid);
  process.kill(victim, 'SIGKILL');
  await until('a third process', () => pids().length === 3);
  assert.deepEqual(await producer.ended, { code: 0, signal: null }, producer.stderr());
  await fleet.assertWhole(120, await fleet.lines('people.jsonl'));

  const text = await until('metrics of both', async () => {
    const said = await (await get('/metrics')).text();
    const up = said.match(/^persona_fleet_worker_process_up\{process="[01]"\} 1$/gm);
    return up?.length === 2 ? said : undefined;
  });
  const restarts = [
    ...text.matchAll(/^persona_fleet_worker_process_restarts_total\{process="[01]"\} (\d)$/gm),
  ];
  assert.deepEqual(restarts.map(([, count]) => count).sort(), ['0', '1']);
  const committed = [...text.matchAll(/^persona_fleet_slots_total\{outcome="committed".*\} (\d+)$/gm)];
  assert.ok(committed.length > 0, text);
  const health = await get('/healthz');
  assert.equal(health.status, 200);
  assert.match(await health.text(), /2 of 2 processes at work/);
  const died = logOf(cli).find(({ msg }) => msg.startsWith('worker process died'));
  assert.deepEqual([died?.pid, died?.level, died?.reason], [cli.pid, 'error', 'SIGKILL']);

  cli.kill('SIGTERM');
  assert.deepEqual(await cli.ended, { code: 0, signal: null });
  assert.ok(!pids().some(isRunning));
});

test('SIGTERM: all of them finish their calls, hand their jobs back, and it ends with 0', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 80 }, { PERSONA_FLEET_SHARD_SIZE: '32' });
  const spec = await fleet.spec('drained', { populationSize: 1_000, attempts: 1 });
  const { cli, pids } = await startPair(fleet);
  await fleet.run('enqueue', spec);
  await until('calls in flight', () => fleet.simulator.stats().inFlight > 8);
  cli.kill('SIGTERM');
  assert.deepEqual(await cli.ended, { code: 0, signal: null }, cli.stderr());
  assert.ok(!pids().some(isRunning));
  const returned = logOf(cli).filter(({ msg }) => msg === 'job returned to the queue');
  assert.equal(new Set(returned.map(({ pid }) => pid)).size, 2, cli.stdout());
  assert.equal(cli.stderr(), '');
  const { calls, inFlight } = fleet.simulator.stats();
  const status = await fleet.status();
  assert.deepEqual([inFlight, status?.committed, status?.failed], [0, calls, 0]);
});

test('a second signal ends all of them at once', async (t) => {
  const fleet = await testFleet(t, { faults: { hang: 1 } }, { PERSONA_FLEET_SHUTDOWN_GRACE_MS: '600000' });
  const spec = await fleet.spec('at-once', { populationSize: 200 });
  const { cli, pids } = await startPair(fleet);
  await fleet.run('enqueue', spec);
  await until('calls in flight', () => fleet.simulator.stats().inFlight > 8);
  cli.kill('SIGTERM');
  await until(
    'both to be stopping',
    () => logOf(cli).filter(({ msg }) => msg === 'worker stopping').length === 2,
  );
  // A launcher may deliver one wish twice: within a second it counts as one.
  const ended = await until('the end', async () => {
    cli.kill('SIGTERM');
    return Promise.race([cli.ended, new Promise<undefined>((resolve) => setImmediate(resolve, undefined))]);
  });
  assert.deepEqual(ended, { code: 130, signal: null });
  await until('its children to end', () => !pids().some(isRunning));
});

test('its children hand back their work and end when it is killed', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 80 });
  const spec = await fleet.spec('orphans', { populationSize: 1_000, attempts: 1 });
  const { cli, pids } = await startPair(fleet);
  await fleet.run('enqueue', spec);
  await until('calls in flight', () => fleet.simulator.stats().inFlight > 8);
  cli.kill('SIGKILL');
  await until('its children to end', () => !pids().some(isRunning));
  const { calls } = fleet.simulator.stats();
  assert.equal((await fleet.status())?.committed, calls, 'every call was allowed to finish');
});

test('what is wrong is said once, with its exit code, and leaves nothing running', async (t) => {
  const fleet = await testFleet(t);
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  const port = String((taken.address() as AddressInfo).port);
  const cases: [env: Record<string, string>, code: number, message: RegExp][] = [
    [{ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }, 2, /a worker needs a model/],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 5, /127\.0\.0\.1:1/],
    [{ PERSONA_FLEET_METRICS_PORT: port }, 2, new RegExp(`port ${port} .* is in use`)],
    [{ PERSONA_FLEET_MODELS: 'nowhere.yaml' }, 2, /nowhere\.yaml/],
  ];
  for (const [env, expected, message] of cases) {
    const args = ['worker', '--processes', '3'];
    const { code, stderr } = await runCli(t, args, { env: { ...fleet.env, ...env }, cwd: fleet.folder });
    assert.equal(code, expected, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.match(/\n/g)?.length, 1, `one line:\n${stderr}`);
  }
});
