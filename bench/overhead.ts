import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setInterval } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLocalProcess } from '../src/processes/local-process.ts';
import { logFileOutput } from '../src/processes/process-output.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import { benchRedis, numberOption, spread, usedMemory } from './support.ts';

/**
 * What the fleet costs on top of the calls: people a second of (a) a bare client loop and (b) one worker process, alternating
 * in one run, same prompts, same concurrency, against one zero-latency simulator in a process of its own.
 * Usage: npm run bench overhead -- [--count 2000] [--rounds 5] [--concurrency 16]
 */
const people = numberOption('count', 2_000);
const rounds = numberOption('rounds', 5);
const concurrency = numberOption('concurrency', 16);

const server = await benchRedis();
const { redis, redisUrl, dataDir } = server;
const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const processes = { program, killAfterMs: 5_000 };
const logTo = (name: string) => logFileOutput({ dir: dataDir, name });
const simulator = await startLocalProcess({
  ...processes,
  args: ['simulate-llm', '--port', '0'],
  env: process.env,
  output: logTo('simulator.log'),
});
const baseUrl = String(simulator.ready.url);
const worker = await startLocalProcess({
  ...processes,
  args: ['worker', '--concurrency', String(concurrency)],
  env: { ...process.env, REDIS_URL: redisUrl, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'bench' },
  output: logTo('worker.log'),
});
const config = loadConfig({});
const keys = createKeys(config.PERSONA_FLEET_PREFIX);
const session = openProducerSession({ redis, redisUrl, keys, config, simulation: 'bench' });
const bare = fork(fileURLToPath(new URL('./bare-loop.ts', import.meta.url)));
await once(bare, 'message');

const stateOf = (seed: string) =>
  new TinyPersonFactory({
    populationSize: people,
    context: 'Residents of a port town. '.repeat(20),
    seed,
    model: 'bench',
    dimensions: [{ name: 'age', kind: 'range', min: 18, max: 84 }],
  }).encodeCompleteState();

interface Round {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

async function bareRound(seed: string): Promise<Round> {
  bare.send({ state: stateOf(seed), baseUrl, concurrency });
  const [{ milliseconds, cpuMicroseconds }] = await once(bare, 'message');
  return { perSecond: (people * 1000) / milliseconds, cpuMicroseconds: cpuMicroseconds / people };
}

/** The worker's own CPU time so far, all threads, as its /metrics has it. */
async function workerCpuSeconds(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${worker.ready.metricsPort}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1]);
}

async function workerRound(seed: string): Promise<Round> {
  const planned = await session.plan(stateOf(seed));
  const counters = keys.simulation('bench').population(planned.population).counters;
  const cpuBefore = await workerCpuSeconds();
  const started = performance.now();
  await session.enqueue(planned, { from: 0, to: people });
  for await (const _ of setInterval(10)) {
    if (Number(await redis.hget(counters, 'committed')) >= people) break;
  }
  const perSecond = (people * 1000) / (performance.now() - started);
  return { perSecond, cpuMicroseconds: ((await workerCpuSeconds()) - cpuBefore) * (1e6 / people) };
}

let memoryBefore = 0;
const roundsDone: { bare: Round; worker: Round }[] = [];
console.log(`${people} people a round, concurrency ${concurrency}`);
for (let round = 0; round <= rounds; round += 1) {
  const done = { bare: await bareRound(`bare ${round}`), worker: await workerRound(`worker ${round}`) };
  if (round > 0) roundsDone.push(done);
  else memoryBefore = await usedMemory(redis); // in the first round both processes warm up
}
const show = (name: string, value: (round: { bare: Round; worker: Round }) => number, digits = 0) => {
  const { min, median, max } = spread(roundsDone.map(value));
  const shown = [min, median, max].map((figure) => figure.toFixed(digits).padStart(7));
  console.log(`${name.padEnd(34)} min ${shown[0]}  median ${shown[1]}  max ${shown[2]}`);
};
show('bare client, people per second', ({ bare }) => bare.perSecond);
show('one worker, people per second', ({ worker }) => worker.perSecond);
show('worker / bare', ({ bare, worker }) => worker.perSecond / bare.perSecond, 3);
show('bare client, CPU µs per person', ({ bare }) => bare.cpuMicroseconds);
show('one worker, CPU µs per person', ({ worker }) => worker.cpuMicroseconds);
const bytes = ((await usedMemory(redis)) - memoryBefore) / (rounds * people);
console.log(`Redis bytes per committed person: ${bytes.toFixed(0)}`);
bare.kill();
await once(bare, 'exit');
await worker.stop();
await simulator.stop();
await session.stop();
redis.disconnect();
await server[Symbol.asyncDispose]();
process.exit();
