import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LocalProcess, startLocalProcess } from '../src/processes/local-process.ts';
import { logFileOutput } from '../src/processes/process-output.ts';
import { linesFrom } from '../src/producer/export/lines.ts';
import type { PersonLine } from '../src/producer/export/person-line.ts';
import { createSlotSet } from '../src/producer/export/slot-set.ts';
import { createNameTally } from '../src/producer/report/name-tally.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import { benchRedis, numberOption, usedMemory } from './support.ts';

/**
 * A population as large as they come, exported and pruned while it is generated: whether it stays as fast as it began, and
 * whether anything but the file grows with it. Worker processes, a simulator without latency that writes the smallest people,
 * and `export --follow --prune`, each a process of its own; a few people of another population warm them up.
 * A tenth of less than 100,000 people is over too soon for the two rates to be compared, and of a few for there to be any.
 * Usage: npm run bench million -- [--count 1000000] [--workers 2] [--concurrency 16]
 */
const count = numberOption('count', 1_000_000);
const workerCount = numberOption('workers', 2);
const concurrency = numberOption('concurrency', 16);

const WARM_UP = Math.min(5_000, count);
const LOOK_EVERY_MS = 100;
const SAY_EVERY_MS = 10_000;
const SIMULATION = 'bench';

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const server = await benchRedis();
const { redis, redisUrl, dataDir } = server;
const file = join(dataDir, 'people.jsonl');
const env = { ...process.env, REDIS_URL: redisUrl, OPENAI_API_KEY: 'bench' };
const start = (name: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  startLocalProcess({
    program,
    args,
    env: { ...env, ...more },
    output: logFileOutput({ dir: dataDir, name: `${name}.log` }),
    killAfterMs: 20_000,
  });

const simulator = await start('simulator', ['simulate-llm', '--port', '0', '--completion-scale', '0']);
const model = { OPENAI_BASE_URL: String(simulator.ready.url) };
const workers = await Promise.all(
  Array.from({ length: workerCount }, (_, index) =>
    start(`worker-${index}`, ['worker', '--concurrency', String(concurrency), '--metrics-port', '0'], model),
  ),
);
const broken = untilOneEnds([simulator, ...workers]);
const config = loadConfig({});
const keys = createKeys(config.PERSONA_FLEET_PREFIX);
const session = openProducerSession({ redis, redisUrl, keys, config, simulation: SIMULATION });

const plan = (populationSize: number, seed: string) =>
  session.plan(
    new TinyPersonFactory({
      populationSize,
      context: 'Residents of a port town. '.repeat(20),
      seed,
      model: 'bench',
      dimensions: [{ name: 'age', kind: 'range', min: 18, max: 84 }],
    }).encodeCompleteState(),
  );

console.log(
  `${number(count)} people, ${workerCount} workers of ${concurrency} calls each, a model without latency`,
);
const unprunedBytes = await Promise.race([warmUp(), broken]);

const planned = await plan(count, 'million');
const bytesBefore = await usedMemory(redis);
const exporter = await startExporter(planned.population);
const began = performance.now();
await session.enqueue(planned, { from: 0, to: count });
const enqueued = performance.now();
const { atPeople, peak } = await Promise.race([watch(planned.population, exporter), broken]);
const ended = performance.now();
const bytesAfter = await usedMemory(redis);

const rateOf = (from: number, to: number) => (to - from) / seconds(atPeople(from), atPeople(to));
const tenth = Math.ceil(count / 10);
const [first, last] = [rateOf(1, Math.min(1 + tenth, count)), rateOf(Math.max(1, count - tenth), count)];
row('enqueuing', `${seconds(began, enqueued).toFixed(2)} s`);
row('until all were committed', `${seconds(began, atPeople(count)).toFixed(1)} s`);
row('until all were in the file and pruned', `${seconds(began, ended).toFixed(1)} s`);
row('people a second, all of them', figure(rateOf(1, count), 0));
row('people a second, first tenth', figure(first, 0));
row('people a second, last tenth', figure(last, 0));
row('last tenth / first tenth', `${figure(last / first, 3)} (target 0.95)`);
row('Redis memory before', megabytes(bytesBefore));
row('Redis memory at its peak', megabytes(peak.redis));
row('Redis resident memory at its peak', megabytes(peak.redisResident));
row('Redis bytes a person, pruned', ((bytesAfter - bytesBefore) / count).toFixed(0));
row('Redis bytes a person, not pruned (warm-up)', unprunedBytes.toFixed(0));
row('resident memory of a worker at its peak', (await peaksOf(workers)).map(megabytes).join(', '));
row('resident memory of the export at its peak', megabytes(peak.exporter));
row('resident memory of the simulator at its peak', (await peaksOf([simulator])).map(megabytes).join());
const found = await readPeople();
row('bytes of the file', megabytes((await stat(file)).size));
row('lines in the file', checked(found.lines));
row('slots in it', checked(found.slots));
row('names in it', checked(found.names));
row('names taken in Redis', checked(await redis.hlen(keys.simulation(SIMULATION).names)));
row('people pruned, by Redis', checked((await session.status(planned.population)).pruned));

await Promise.all(workers.map((worker) => worker.stop()));
await simulator.stop();
await session.stop();
redis.disconnect();
await server[Symbol.asyncDispose]();
process.exit();

/** Runs a few people through all processes, and returns what Redis holds of each of them. */
async function warmUp(): Promise<number> {
  const before = await usedMemory(redis);
  const warm = await plan(WARM_UP, 'warm-up');
  await session.enqueue(warm, { from: 0, to: WARM_UP });
  while ((await session.status(warm.population)).committed < WARM_UP) await sleep(LOOK_EVERY_MS);
  const bytes = (await usedMemory(redis)) - before;
  await session.populations.forget(warm.population);
  return bytes / WARM_UP;
}

/** Rejects when one of them ends: what it was to do would be waited for in vain. */
function untilOneEnds(processes: readonly LocalProcess[]): Promise<never> {
  const ended = Promise.race(
    processes.map(async (process): Promise<never> => {
      const { code, signal } = await process.ended;
      throw new Error(`process ${process.pid} ended with ${code ?? signal}; what it said is in ${dataDir}`);
    }),
  );
  ended.catch(() => {}); // at the end they all do
  return ended;
}

/** Resolves when it writes: what it takes to start is no part of the run. */
async function startExporter(population: string): Promise<ChildProcess> {
  const log = openSync(join(dataDir, 'export.log'), 'a');
  const args = [program, 'export', population, '--follow', '--prune', '--out', file];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log] });
  closeSync(log);
  process.once('exit', () => child.kill('SIGKILL'));
  const { outbox } = keys.simulation(SIMULATION).population(population);
  while (child.exitCode === null && (await redis.exists(outbox)) === 0) await sleep(LOOK_EVERY_MS);
  return child;
}

/** Looks on until the export has ended: when there were how many people, and the most memory of each part. */
async function watch(population: string, child: ChildProcess) {
  const { counters } = keys.simulation(SIMULATION).population(population);
  const looks: { at: number; committed: number }[] = [];
  const peak = { redis: 0, redisResident: 0, exporter: 0 };
  const exited = child.exitCode === null ? once(child, 'exit') : undefined;
  let nextLineAt = performance.now() + SAY_EVERY_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const [committed, pruned] = (await redis.hmget(counters, 'committed', 'pruned')).map(Number);
    const memory = await redis.info('memory');
    const bytes = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(memory)?.[1]);
    looks.push({ at: performance.now(), committed: committed ?? 0 });
    peak.redis = Math.max(peak.redis, bytes('used_memory'));
    peak.redisResident = Math.max(peak.redisResident, bytes('used_memory_rss'));
    peak.exporter = Math.max(peak.exporter, await peakResident(child.pid));
    if (performance.now() >= nextLineAt) {
      nextLineAt += SAY_EVERY_MS;
      const minutes = seconds(began, performance.now()) / 60;
      console.error(
        `${minutes.toFixed(1)} min: ${number(committed ?? 0)} committed, ${number(pruned ?? 0)} pruned, Redis ${megabytes(bytes('used_memory'))}`,
      );
    }
    await Promise.race([sleep(LOOK_EVERY_MS), exited]);
  }
  if (child.exitCode !== 0) {
    console.error(await readFile(join(dataDir, 'export.log'), 'utf8'));
    throw new Error(`the export ended with ${child.exitCode ?? child.signalCode}`);
  }
  // It may end between two looks, and only when all are committed.
  looks.push({ at: performance.now(), committed: count });
  const atPeople = (people: number): number =>
    looks.find(({ committed }) => committed >= people)?.at ?? Number.NaN;
  return { atPeople, peak };
}

/** What the file has; in an eighth of a byte a slot and 8 bytes a name. */
async function readPeople(): Promise<{ lines: number; slots: number; names: number }> {
  const seen = createSlotSet();
  const names = createNameTally();
  let lines = 0;
  let slots = 0;
  for await (const text of linesFrom(file, 0)) {
    const { slot, name }: PersonLine = JSON.parse(text);
    lines += 1;
    if (!seen.has(slot)) slots += 1;
    seen.add([slot]);
    names.add(name);
  }
  return { lines, slots, names: names.report().distinct };
}

function peaksOf(processes: readonly { readonly pid: number }[]): Promise<number[]> {
  return Promise.all(processes.map(({ pid }) => peakResident(pid)));
}

/** The most that a process ever had in memory; 0 where the system does not say, or it has ended. */
async function peakResident(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1_024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}

/** A run that lost or doubled somebody ends with exit code 1. */
function checked(found: number): string {
  if (found !== count) process.exitCode = 1;
  return `${number(found)}${found === count ? '' : ` — EXPECTED ${number(count)}`}`;
}

function seconds(from: number, to: number): number {
  return (to - from) / 1_000;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** A run of a few people may be over between two looks. */
function figure(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : 'over too soon to tell';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function row(label: string, value: string): void {
  console.log(`  ${label.padEnd(46)} ${value}`);
}
