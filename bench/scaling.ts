import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLocalProcess } from '../src/processes/local-process.ts';
import { logFileOutput } from '../src/processes/process-output.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import type { SimulatorStats } from '../src/simulator/stats.ts';
import { benchRedis, numberOption, numbersOption } from './support.ts';

/**
 * What further worker processes add: people a second of 1, 2, 4 and 8, against a model that takes a second for every answer, in a
 * process of its own; and what they do when a limit of requests binds. Each row has a Redis, a simulator and a `worker
 * --processes N` of its own.
 *
 * Counted in Redis, over whole waves: calls that begin together end together, so a window of seconds would be off by up to one
 * wave. Measured is the time from one count of people to another, a multiple of all places later.
 * Usage: npm run bench scaling -- [--processes 1,2,4,8] [--seconds 20] [--concurrency 16] [--rpm 1200]
 */
const sizes = numbersOption('processes', [1, 2, 4, 8]);
const seconds = numberOption('seconds', 20);
const concurrency = numberOption('concurrency', 16);
const rpm = numberOption('rpm', 1_200);

const TARGET = 0.95;
const LATENCY_MS = 1_000;
/** Waves, of a second each, in which connections open and code gets warm. */
const WARM_UP_WAVES = 5;
const LOOK_EVERY_MS = 5;
/** Of /proc: all systems that have it count so. */
const TICKS_PER_SECOND = 100;

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const rows: { size: number; perSecond: number }[] = [];
console.log(
  `model of ${LATENCY_MS} ms, ${concurrency} calls a process, ${seconds} s a row after ${WARM_UP_WAVES} s of warm-up`,
);
console.log('processes  people/s   each, of first row   CPU: workers   each   Redis   simulator');
for (const size of sizes) {
  const places = size * concurrency;
  const { perSecond, cpu } = await measure({
    size,
    people: seconds * places,
    warmUp: WARM_UP_WAVES * places,
  });
  rows.push({ size, perSecond });
  console.log(
    [
      String(size).padStart(9),
      perSecond.toFixed(2).padStart(9),
      ratio(size, perSecond).toFixed(3).padStart(20),
      percent(cpu.workers).padStart(15),
      percent(cpu.workers / size).padStart(7),
      percent(cpu.redis).padStart(8),
      percent(cpu.simulator).padStart(12),
    ].join(' '),
  );
}
const least = Math.min(...rows.map(({ size, perSecond }) => ratio(size, perSecond)));
const verdict = least < TARGET ? `BELOW the target of ${TARGET}` : `target ${TARGET}`;
console.log(`least throughput per process against the first row's: ${least.toFixed(3)} (${verdict})`);

const size = sizes.at(-1) ?? 1;
const people = Math.round((rpm / 60) * seconds);
const limited = await measure({ size, people, warmUp: Math.round((rpm / 60) * WARM_UP_WAVES), rpm });
console.log(
  `\n${rpm} requests a minute (${(rpm / 60).toFixed(2)} a second), ${size} processes that could do ${size * concurrency}:`,
);
console.log(
  `  ${limited.perSecond.toFixed(2)} people a second, ${((6_000 * limited.perSecond) / rpm).toFixed(1)} % of the limit; ` +
    `${limited.stats.tooManyRequests} 429s, ${limited.stats.windowsOver} windows over`,
);
process.exit();

/** People a second of each process, against each one's in the first row. */
function ratio(size: number, perSecond: number): number {
  const [first] = rows;
  return first === undefined ? 1 : perSecond / size / (first.perSecond / first.size);
}

/** Of one core. */
function percent(share: number): string {
  return Number.isNaN(share) ? '?' : `${(100 * share).toFixed(0)} %`;
}

interface Cpu {
  readonly workers: number;
  readonly redis: number;
  readonly simulator: number;
}

async function measure({
  size,
  people,
  warmUp,
  rpm,
}: {
  size: number;
  people: number;
  warmUp: number;
  rpm?: number;
}): Promise<{ perSecond: number; cpu: Cpu; stats: SimulatorStats }> {
  await using server = await benchRedis();
  const { redis, redisUrl, dataDir } = server;
  const start = (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    startLocalProcess({
      program,
      args,
      env: { ...process.env, ...env },
      output: logFileOutput({ dir: dataDir, name: `${name}.log` }),
      killAfterMs: 10_000,
    });
  const limit = rpm === undefined ? [] : ['--rpm', String(rpm)];
  const latency = ['--latency', String(LATENCY_MS), '--sigma', '0'];
  await using simulator = await start('simulator', ['simulate-llm', '--port', '0', ...latency, ...limit]);
  const url = String(simulator.ready.url);
  await using worker = await start('worker', ['worker', '--processes', String(size), '--metrics-port', '0'], {
    REDIS_URL: redisUrl,
    OPENAI_BASE_URL: url,
    OPENAI_API_KEY: 'bench',
    PERSONA_FLEET_CONCURRENCY: String(concurrency),
    PERSONA_FLEET_SHUTDOWN_GRACE_MS: '0',
    ...(rpm === undefined ? {} : { PERSONA_FLEET_RPM: String(rpm) }),
  });
  const config = loadConfig({});
  const keys = createKeys(config.PERSONA_FLEET_PREFIX);
  await using session = openProducerSession({ redis, redisUrl, keys, config, simulation: 'bench' });
  // Twice what is counted, so that at the end nobody has run out of work.
  const all = 2 * (warmUp + people);
  const planned = await session.plan(
    new TinyPersonFactory({
      populationSize: all,
      context: 'Residents of a port town. '.repeat(20),
      model: 'bench',
      dimensions: [{ name: 'age', kind: 'range', min: 18, max: 84 }],
    }).encodeCompleteState(),
  );
  const { counters } = keys.simulation('bench').population(planned.population);
  const reached = async (count: number): Promise<number> => {
    while (Number(await redis.hget(counters, 'committed')) < count) await sleep(LOOK_EVERY_MS);
    return performance.now();
  };
  const cpuSeconds = async (): Promise<Cpu> => ({
    workers: await workersCpuSeconds(Number(worker.ready.metricsPort)),
    redis: redisCpuSeconds(await redis.info('cpu')),
    simulator: await processCpuSeconds(simulator.pid),
  });

  await session.enqueue(planned, { from: 0, to: all });
  const fromMs = await reached(warmUp);
  const before = await cpuSeconds();
  const elapsedSeconds = ((await reached(warmUp + people)) - fromMs) / 1_000;
  const after = await cpuSeconds();
  const share = (part: keyof Cpu) => (after[part] - before[part]) / elapsedSeconds;
  const stats = (await (await fetch(`${url}/stats`)).json()) as SimulatorStats;
  return {
    perSecond: people / elapsedSeconds,
    cpu: { workers: share('workers'), redis: share('redis'), simulator: share('simulator') },
    stats,
  };
}

/** Of all worker processes, as their /metrics has it. */
async function workersCpuSeconds(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const each = text.matchAll(/^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)$/gm);
  return [...each].reduce((sum, [, value]) => sum + Number(value), 0);
}

function redisCpuSeconds(info: string): number {
  const times = [...info.matchAll(/^used_cpu_(?:sys|user):(\S+)/gm)];
  return times.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** NaN where the system does not say. */
async function processCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Behind the name, which may hold anything, the 12th and 13th fields are the ticks of user and system.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
