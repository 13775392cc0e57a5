import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig, openFleet } from '../../src/index.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import { startWorkers, type TestFleet, testFleet } from '../support/fleet.ts';
import { connect, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const PRUNE = ['export', '--follow', '--prune', '--out', 'people.jsonl'] as const;

const linesOf = async ({ folder }: TestFleet, out = 'people.jsonl') =>
  (await readFile(join(folder, out), 'utf8').catch(() => '')).split('\n').length - 1;
const untilLines = (fleet: TestFleet, lines: number) =>
  until(`${lines} lines`, async () => (await linesOf(fleet)) >= lines);

/** Redis as the fleet uses it, with the keys of its only population. */
async function redisOf(t: TestContext, fleet: TestFleet) {
  const redis = await connect(t, fleet.env.REDIS_URL);
  const simulation = createKeys(fleet.env.PERSONA_FLEET_PREFIX ?? '').simulation('test');
  const key = simulation.population((await fleet.status())?.population ?? '');
  return { redis, key, names: simulation.names };
}

/** All of them are in the file, once each and under a name of their own, and none in Redis any more. */
async function assertPruned(t: TestContext, fleet: TestFleet, size: number): Promise<void> {
  const people = await fleet.lines('people.jsonl');
  assert.deepEqual(
    people.map(({ slot }) => slot).toSorted((a, b) => a - b),
    Array.from({ length: size }, (_, slot) => slot),
  );
  const { redis, key, names } = await redisOf(t, fleet);
  const owners = await redis.hgetall(names);
  for (const { name, slot, provenance } of people) {
    assert.equal(owners[canonicalName(name)], `${provenance.population}/${slot}`);
  }
  assert.equal(Object.keys(owners).length, size);
  assert.equal(await redis.exists(key.results(0)), 0, 'no result is left');
  const status = await fleet.status();
  assert.deepEqual(
    [status?.committed, status?.pruned, status?.prunedTo],
    [size, size, join(fleet.folder, 'people.jsonl')],
  );
}

test('an export that is killed again and again, while workers run: every person once, and what is pruned is never made again', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 100 });
  const spec = await fleet.spec('pruned', { populationSize: 200 });
  await fleet.run('enqueue', spec);
  const { redis, key } = await redisOf(t, fleet);
  const workers = startWorkers(fleet, 2);
  for (let kill = 1; kill <= 4; kill += 1) {
    const victim = fleet.start(...PRUNE);
    await untilLines(fleet, kill * 30);
    victim.kill('SIGKILL');
    await victim.ended;
    await redis.del(key.outbox); // instead of waiting until the lease of the dead runs out
  }
  const last = fleet.start(...PRUNE, '--json');
  assert.deepEqual(await last.ended, { code: 0, signal: null }, last.stderr());
  const { state, pruned, committed, size } = JSON.parse(last.stdout());
  assert.deepEqual([state, pruned, committed, size], ['complete', 200, 200, 200]);
  await assertPruned(t, fleet, 200);

  const { calls } = fleet.simulator.stats();
  assert.equal((await fleet.run('enqueue', spec)).code, 0);
  const again = await fleet.run(...PRUNE);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /0 people written to people\.jsonl; it has 200 of the 200 people now/);
  for (const command of [
    ['generate', spec, '--out', 'again.jsonl'],
    ['export'],
    ['report'],
    ['export', '--follow'],
  ]) {
    const { code, stdout, stderr } = await fleet.run(...command);
    assert.equal(code, 2, `${command}: ${stderr}`);
    assert.match(
      stderr,
      /persona-fleet: 200 people of population \w+ are no longer in Redis: they were pruned to .*people\.jsonl\./,
    );
    assert.equal(stdout, '');
  }
  assert.match((await fleet.run('status')).stdout, /^ {2}200 pruned to .*people\.jsonl$/m);

  // Another population of the same simulation: the names of people who left Redis are taken.
  const more = await fleet.spec('more', { populationSize: 60, context: 'Others.' });
  assert.equal((await fleet.run('enqueue', more)).code, 0);
  const other = JSON.parse((await fleet.run('status', '--json')).stdout).find(
    (one: { pruned: number }) => one.pruned === 0,
  ).population;
  assert.equal((await fleet.run('watch', other)).code, 0);
  assert.equal((await fleet.run('export', other, '--out', 'others.jsonl')).code, 0);
  const names = [...(await fleet.lines('people.jsonl')), ...(await fleet.lines('others.jsonl'))];
  assert.equal(new Set(names.map(({ name }) => canonicalName(name))).size, 260);
  // The only copy is not replaced by whatever is exported next.
  const replaced = await fleet.run('export', other, '--out', 'people.jsonl');
  assert.equal(replaced.code, 2);
  assert.match(replaced.stderr, /people\.jsonl has 200 people of population \w+ who are nowhere else/);
  assert.equal(fleet.simulator.stats().calls, calls + 60, 'no call for anybody who was there');
  for (const worker of workers) worker.kill('SIGTERM');
});

test('a population that grows and one whose failed slots are tried again go on in the same file', async (t) => {
  const fleet = await testFleet(t, { faults: { refusal: 0.3 } });
  const spec = await fleet.spec('grown', { populationSize: 40, attempts: 1 });
  await fleet.run('enqueue', spec);
  startWorkers(fleet, 1);
  const first = await fleet.run(...PRUNE);
  assert.equal(first.code, 3, first.stderr);
  assert.equal(await linesOf(fleet), (await fleet.status())?.committed);
  await until('nobody to fail', async () => {
    assert.equal((await fleet.run('retry')).code, 0);
    return (await fleet.run(...PRUNE)).code === 0;
  });
  const grown = await fleet.spec('grown', { populationSize: 45, attempts: 20 });
  assert.equal((await fleet.run('enqueue', grown)).code, 0);
  const third = await fleet.run(...PRUNE);
  assert.ok(third.code === 0 || third.code === 3, third.stderr);
  const committed = (await fleet.status())?.committed ?? 0;
  assert.ok(committed >= 40);
  assert.equal(await linesOf(fleet), committed);
});

test('a paused population: who is there is written, and the exit code is 4', async (t) => {
  const fleet = await testFleet(t, { faults: { quota: 0.1 } });
  const spec = await fleet.spec('paused', { populationSize: 300 });
  await fleet.run('enqueue', spec);
  startWorkers(fleet, 1);
  const { code, stderr } = await fleet.run(...PRUNE);
  assert.equal(code, 4, stderr);
  await until('the calls in flight to end', async () => (await fleet.status())?.inFlight === 0);
  assert.equal((await fleet.run('export', '--prune', '--out', 'people.jsonl')).code, 0);
  assert.equal(await linesOf(fleet), (await fleet.status())?.committed);
});

test('a full disk ends it with one line; with room again the same command goes on', async (t) => {
  const fleet = await testFleet(t);
  const spec = await fleet.spec('full', { populationSize: 120 });
  assert.equal((await fleet.run('generate', spec, '--workers', '1', '--out', 'whole.jsonl')).code, 0);
  const { size } = await stat(join(fleet.folder, 'whole.jsonl'));
  // dash counts in blocks of 512 bytes, other shells in 1,024: two thirds of the file at the most.
  const limited = execFile(
    'sh',
    [
      '-c',
      'ulimit -f "$1"; shift; exec "$@"',
      'sh',
      String(Math.floor(size / 1_536)),
      process.execPath,
      program,
      ...PRUNE,
    ],
    { env: { ...fleet.env }, cwd: fleet.folder },
  );
  let stderr = '';
  limited.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(limited, 'close');
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /^persona-fleet: cannot write .*people\.jsonl: the file is larger than allowed here\. Nothing is lost: .* run the same command again$/m,
  );
  assert.equal((await stat(join(fleet.folder, 'people.jsonl'))).size, 0, 'back to its last confirmed line');
  assert.equal((await fleet.status())?.pruned, 0);
  const again = await fleet.run(...PRUNE);
  assert.equal(again.code, 0, again.stderr);
  await assertPruned(t, fleet, 120);
  assert.equal(
    await readFile(join(fleet.folder, 'people.jsonl'), 'utf8'),
    await readFile(join(fleet.folder, 'whole.jsonl'), 'utf8'),
  );
});

test('one at a time; one that was stopped past its lease neither writes nor prunes when it goes on', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 100 });
  const spec = await fleet.spec('stopped', { populationSize: 300 });
  await fleet.run('enqueue', spec);
  const { redis, key } = await redisOf(t, fleet);
  /** People come only while a worker runs: the population must not end before the processes have met. */
  const whileWorking = async (lines: number) => {
    const [worker] = startWorkers(fleet, 1);
    await untilLines(fleet, lines);
    worker?.kill('SIGTERM');
    await worker?.ended;
  };
  const first = fleet.start(...PRUNE);
  await whileWorking(10);
  const second = await fleet.run(...PRUNE);
  assert.equal(second.code, 2, second.stderr);
  const writes = (pid: number) =>
    new RegExp(`^persona-fleet: process ${pid} on \\S+ \\(\\w+\\) writes the people`, 'm');
  assert.match(second.stderr, writes(first.pid));
  first.kill('SIGSTOP');
  await until('its lease to run out', async () => (await redis.exists(key.outbox)) === 0);
  const third = fleet.start(...PRUNE);
  await until('another one to hold the lease', async () =>
    (await redis.get(key.outbox))?.includes(` ${third.pid} `),
  );
  await whileWorking((await linesOf(fleet)) + 10);
  first.kill('SIGCONT');
  assert.equal((await first.ended).code, 2, first.stderr());
  assert.match(first.stderr(), writes(third.pid));
  startWorkers(fleet, 1);
  assert.equal((await third.ended).code, 0, third.stderr());
  await assertPruned(t, fleet, 300);
});

test('Redis killed and restarted: the export waits and goes on; Ctrl-C while it is gone ends it with 130', async (t) => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  t.after(() => server.stop());
  const fleet = await testFleet(t, { latencyMedianMs: 80 }, { REDIS_URL: server.url });
  const spec = await fleet.spec('outage', { populationSize: 200 });
  await fleet.run('enqueue', spec);
  startWorkers(fleet, 1);
  const follower = fleet.start(...PRUNE);
  await untilLines(fleet, 20);
  await server.kill();
  await until('it to notice', () => /connection to Redis is lost/.test(follower.stderr()));
  await server.restart();
  await until('it to go on', () => /Redis is back/.test(follower.stderr()));
  await untilLines(fleet, 60);
  await server.kill();
  await until('it to notice again', () => follower.stderr().split('connection to Redis is lost').length > 2);
  follower.kill('SIGINT');
  assert.equal((await follower.ended).code, 130, follower.stderr());
  await server.restart();
  const { redis, key } = await redisOf(t, fleet);
  await redis.del(key.outbox);
  const last = await fleet.run(...PRUNE);
  assert.equal(last.code, 0, last.stderr);
  await assertPruned(t, fleet, 200);
});

test('Ctrl-C: what is written is confirmed, the exit code is 130, and the next run goes on at once', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 100 });
  const spec = await fleet.spec('interrupted', { populationSize: 150 });
  await fleet.run('enqueue', spec);
  startWorkers(fleet, 1);
  const first = fleet.start(...PRUNE);
  await untilLines(fleet, 20);
  first.kill('SIGINT');
  assert.equal((await first.ended).code, 130, first.stderr());
  assert.equal(await linesOf(fleet), (await fleet.status())?.pruned);
  const second = await fleet.run(...PRUNE);
  assert.equal(second.code, 0, second.stderr);
  assert.doesNotMatch(second.stderr, /waiting/);
  await assertPruned(t, fleet, 150);
});

test('--follow alone writes people as they come, to a new file or stdout, and Redis keeps them', async (t) => {
  const fleet = await testFleet(t, { latencyMedianMs: 80 });
  const spec = await fleet.spec('followed', { populationSize: 60 });
  await fleet.run('enqueue', spec);
  startWorkers(fleet, 1);
  const toStdout = fleet.start('export', '--follow');
  const toFile = await fleet.run('export', '--follow', '--out', 'people.jsonl');
  assert.equal(toFile.code, 0, toFile.stderr);
  assert.equal((await toStdout.ended).code, 0, toStdout.stderr());
  const people = await fleet.lines('people.jsonl');
  assert.deepEqual(
    people.map(({ slot }) => slot).toSorted((a, b) => a - b),
    Array.from({ length: 60 }, (_, slot) => slot),
  );
  assert.deepEqual(toStdout.stdout().trimEnd().split('\n').toSorted().length, 60);
  assert.equal((await fleet.status())?.pruned, 0);
  const again = await fleet.run('export', '--follow', '--out', 'people.jsonl');
  assert.equal(again.code, 2);
  assert.match(again.stderr, /people\.jsonl is there already: nothing is overwritten/);
  await fleet.assertWhole(60, await exported(fleet));
});

async function exported(fleet: TestFleet) {
  assert.equal((await fleet.run('export', '--out', 'whole.jsonl')).code, 0);
  return fleet.lines('whole.jsonl');
}

test('what cannot be pruned is refused: other formats, stdout, imported people', async (t) => {
  const fleet = await testFleet(t);
  await writeFile(
    join(fleet.folder, 'Lisa.agent.json'),
    JSON.stringify({ type: 'TinyPerson', persona: { name: 'Lisa Carter' } }),
  );
  const imported = await fleet.run('import', 'Lisa.agent.json', '--simulation', 'test');
  assert.equal(imported.code, 0, imported.stderr);
  const refused: [args: string[], why: RegExp][] = [
    [
      ['--prune', '--format', 'csv', '--out', 'people.csv'],
      /--prune writes JSON lines: leave out --format csv/,
    ],
    [['--follow', '--format', 'tinytroupe'], /--follow writes JSON lines/],
    [['--prune'], /expected --out <file>, got stdout/],
    [['--follow', '--prune', '--out', '-'], /expected --out <file>, got stdout/],
    [['--prune', '--out', 'people.jsonl'], /holds imported people/],
    [['--follow'], /holds imported people/],
  ];
  for (const [args, why] of refused) {
    const { code, stderr } = await fleet.run('export', ...args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.match(stderr, why);
  }
});

test('a program that asks for people who were pruned hears where they are, and no call is made', async (t) => {
  const fleet = await testFleet(t);
  startWorkers(fleet, 1);
  const generate = async () => {
    await using opened = await openFleet({ config: loadConfig(fleet.env), simulation: 'test' });
    return await opened.personFactory({ context: 'Staff.', populationSize: 3, model: 'm' }).generatePeople(3);
  };
  await generate();
  assert.equal((await fleet.run(...PRUNE)).code, 0);
  await assert.rejects(generate(), {
    name: 'UserError',
    message: /^3 people of population \w+ are no longer in Redis/,
  });
  assert.equal(fleet.simulator.stats().calls, 3);
});
