import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setInterval } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLocalProcess } from '../src/producer/local-processes.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import { benchRedis, numberOption, spread } from './support.ts';

/**
 * What the fleet costs on top of the calls: people a second of (a) a bare client loop and (b) one worker process, alternating
 * in one run, same prompts, same concurrency, against one zero-latency simulator in a process of its own.
 * Usage: npm run bench overhead -- [--count 2000] [--rounds 5] [--concurrency 16]
 */
const people = numberOption('count', 2_000);
const rounds = numberOption('rounds', 5);
const concurrency = numberOption('concurrency', 16);

await using server = await benchRedis();
const { redis, redisUrl, dataDir } = server;
const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const processes = { program, logDir: dataDir, killAfterMs: 5_000 };
await using simulator = await startLocalProcess({
  ...processes,
  args: ['simulate-llm', '--port', '0'],
  env: process.env,
  logName: 'simulator.log',
});
const baseUrl = String(simulator.ready.url);
await using _worker = await startLocalProcess({
  ...processes,
  args: ['worker', '--concurrency', String(concurrency)],
  env: { ...process.env, REDIS_URL: redisUrl, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'bench' },
  logName: 'worker.log',
});
const config = loadConfig({});
const keys = createKeys(config.PERSONA_FLEET_PREFIX);
await using session = openProducerSession({ redis, redisUrl, keys, config, simulation: 'bench' });
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

async function bareRate(seed: string): Promise<number> {
  bare.send({ state: stateOf(seed), baseUrl, concurrency });
  const [{ milliseconds }] = await once(bare, 'message');
  return (people * 1000) / milliseconds;
}

async function workerRate(seed: string): Promise<number> {
  const planned = await session.plan(stateOf(seed));
  const counters = keys.simulation('bench').population(planned.population).counters;
  const started = performance.now();
  await session.enqueue(planned, { from: 0, to: people });
  for await (const _ of setInterval(10)) {
    if (Number(await redis.hget(counters, 'committed')) >= people) break;
  }
  return (people * 1000) / (performance.now() - started);
}

console.log(`${people} people a round, concurrency ${concurrency}; people per second`);
const ratios: number[] = [];
const bareRates: number[] = [];
const workerRates: number[] = [];
for (let round = 0; round <= rounds; round += 1) {
  const a = await bareRate(`bare ${round}`);
  const b = await workerRate(`worker ${round}`);
  if (round === 0) continue; // both processes warm up
  console.log(`round ${round}: bare ${a.toFixed(0)}, worker ${b.toFixed(0)}, ratio ${(b / a).toFixed(3)}`);
  bareRates.push(a);
  workerRates.push(b);
  ratios.push(b / a);
}
const show = (name: string, values: readonly number[], digits: number) => {
  const { min, median, max } = spread(values);
  console.log(
    `${name}  min ${min.toFixed(digits)}  median ${median.toFixed(digits)}  max ${max.toFixed(digits)}`,
  );
};
show('bare client   ', bareRates, 0);
show('one worker    ', workerRates, 0);
show('worker / bare ', ratios, 3);
bare.kill();
await once(bare, 'exit');
await _worker.stop();
await simulator.stop();
await session.stop();
redis.disconnect();
await server[Symbol.asyncDispose]();
process.exit();
