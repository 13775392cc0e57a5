import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LocalProcess, startLocalProcess } from '../src/processes/local-process.ts';
import { logFileOutput } from '../src/processes/process-output.ts';
import { openProducerSession } from '../src/producer/session.ts';
import { loadConfig } from '../src/shared/config.ts';
import { TinyPersonFactory } from '../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../src/shared/keys.ts';
import type { SimulatorOptions } from '../src/simulator/options.ts';
import { startSimulator } from '../src/simulator/server.ts';
import { benchRedis, choiceOption, numberOption } from './support.ts';

/**
 * What the limiter costs a call in Redis; and how much of a provider's limits worker processes use together, and whether they
 * ever exceed them, against a simulator that enforces the limits strictly in every window of a minute.
 * Usage: npm run bench gateway -- [--minutes 3] [--workers 4] [--rpm 600] [--tpm 1500000] [--only cost|rpm|tpm|reserved|kill|tpm-kill]
 */
const minutes = numberOption('minutes', 3);
const workers = numberOption('workers', 4);
const rpm = numberOption('rpm', 600);
const tpm = numberOption('tpm', 1_500_000);
const only = choiceOption('only', ['all', 'cost', 'rpm', 'tpm', 'reserved', 'kill', 'tpm-kill']);

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const COST_PEOPLE = 2_000;
const KILLED = 2;

interface Scenario {
  readonly title: string;
  readonly limits: Partial<SimulatorOptions>;
  readonly env: Readonly<Record<string, string>>;
  readonly models?: object;
  readonly kills?: number;
}

const perMinute = {
  title: `${rpm} requests a minute`,
  limits: { rpm },
  env: { PERSONA_FLEET_RPM: `${rpm}` },
};
const perToken = { limits: { tpm, completionSpread: 10 }, env: { PERSONA_FLEET_TPM: `${tpm}` } };
const killed = `${KILLED} of ${workers} workers killed after a third`;
const perUsedToken: Scenario = {
  ...perToken,
  title: `${tpm} tokens a minute, charged as used, answers that vary tenfold`,
  limits: { ...perToken.limits, charge: 'used' },
};
const scenarios: Readonly<Record<string, Scenario>> = {
  rpm: perMinute,
  tpm: perUsedToken,
  reserved: {
    ...perToken,
    title: `${tpm} tokens a minute, charged as reserved, answers that vary tenfold`,
    models: { '*': { charge: 'reserved' } },
  },
  kill: { ...perMinute, title: `${perMinute.title}, ${killed}`, kills: KILLED },
  'tpm-kill': { ...perUsedToken, title: `${perUsedToken.title}, ${killed}`, kills: KILLED },
};

if (only === 'all' || only === 'cost') await measureCost();
for (const [name, scenario] of Object.entries(scenarios)) {
  if (only === 'all' || only === name) await measureUse(scenario);
}
process.exit();

/** One worker without limits: what the limiter adds to each call. */
async function measureCost(): Promise<void> {
  await using simulator = await startSimulator();
  await using fleet = await startFleet({ size: 1, people: COST_PEOPLE, url: simulator.url, env: {} });
  await fleet.redis.config('RESETSTAT');
  await fleet.begin();
  while ((await fleet.committed()) < COST_PEOPLE) await sleep(20);
  const stats = await fleet.redis.info('commandstats');
  const ofCommand = (command: string) => {
    const found = new RegExp(`^cmdstat_${command}:calls=(\\d+),usec=(\\d+)`, 'm').exec(stats);
    return { calls: Number(found?.[1] ?? 0), microseconds: Number(found?.[2] ?? 0) };
  };
  const exchanges = await fleet.exchanges();
  const scripts = ofCommand('evalsha');
  console.log(`what the limiter costs (${COST_PEOPLE} people, one worker, a model without latency)`);
  row('limiter round trips per call', (exchanges / COST_PEOPLE).toFixed(2));
  row('Redis scripts per person, limiter included', (scripts.calls / COST_PEOPLE).toFixed(2));
  row('Redis time per script, all scripts', `${(scripts.microseconds / scripts.calls).toFixed(0)} µs`);
}

/** A fleet at the limit for `minutes`, counted from its first call. */
async function measureUse({ title, limits, env, models, kills = 0 }: Scenario): Promise<void> {
  await using simulator = await startSimulator({ latencyMedianMs: 300, ...limits });
  const { url } = simulator;
  await using fleet = await startFleet({ size: workers, people: 100_000, url, env, models });
  await fleet.begin();
  while (simulator.stats().calls === 0) await sleep(5);
  const started = performance.now();
  const endMs = minutes * 60_000;
  if (kills > 0) {
    await sleep(endMs / 3);
    for (const { pid } of fleet.processes.slice(0, kills)) process.kill(pid, 'SIGKILL');
  }
  await sleep(endMs - (performance.now() - started));
  const { calls, admittedRequests, admittedTokens, windowsOver, tooManyRequests } = simulator.stats();
  const [used, limit] = limits.rpm === undefined ? [admittedTokens, tpm] : [admittedRequests, rpm];
  console.log(`\n${title}; ${workers} workers, ${minutes} minutes`);
  row('calls', calls.toLocaleString('en-US'));
  row('used of what is allowed', `${((100 * used) / (limit * minutes)).toFixed(2)} %`);
  row('windows that would have been over', String(windowsOver));
  if (kills === 0) row('limiter round trips per call', ((await fleet.exchanges()) / calls).toFixed(2));
  row('429s', `${tooManyRequests} (${((100 * tooManyRequests) / calls).toFixed(3)} %)`);
}

function row(label: string, value: string): void {
  console.log(`  ${label.padEnd(44)} ${value}`);
}

/** A Redis of its own, worker processes, and a population that is ready to be enqueued. */
async function startFleet(options: {
  size: number;
  people: number;
  url: string;
  env: Readonly<Record<string, string>>;
  models?: object | undefined;
}) {
  const { size, people, url, env, models } = options;
  const server = await benchRedis();
  const { redis, redisUrl, dataDir } = server;
  const modelsFile = join(dataDir, 'models.json');
  if (models !== undefined) await writeFile(modelsFile, JSON.stringify(models));
  const start = (index: number): Promise<LocalProcess> =>
    startLocalProcess({
      program,
      args: ['worker'],
      env: {
        ...process.env,
        ...env,
        ...(models === undefined ? {} : { PERSONA_FLEET_MODELS: modelsFile }),
        REDIS_URL: redisUrl,
        OPENAI_BASE_URL: url,
        OPENAI_API_KEY: 'bench',
      },
      output: logFileOutput({ dir: dataDir, name: `worker-${index}.log` }),
      killAfterMs: 5_000,
    });
  const processes = await Promise.all(Array.from({ length: size }, (_, index) => start(index)));
  const config = loadConfig({});
  const keys = createKeys(config.PERSONA_FLEET_PREFIX);
  const session = openProducerSession({ redis, redisUrl, keys, config, simulation: 'bench' });
  const planned = await session.plan(
    new TinyPersonFactory({
      populationSize: people,
      context: 'Residents of a port town. '.repeat(20),
      model: 'bench',
      dimensions: [{ name: 'age', kind: 'range', min: 18, max: 84 }],
    }).encodeCompleteState(),
  );
  return {
    redis,
    processes,
    begin: () => session.enqueue(planned, { from: 0, to: people }),
    committed: async () => (await session.status(planned.population)).committed,
    /** Of all workers since they started. */
    exchanges: async () => {
      const each = processes.map(async ({ ready }) => {
        const metrics = await (await fetch(`http://127.0.0.1:${ready.metricsPort}/metrics`)).text();
        const counts = metrics.matchAll(/^persona_fleet_limiter_exchanges_total{[^}]*} (\S+)/gm);
        return [...counts].reduce((sum, [, value]) => sum + Number(value), 0);
      });
      return (await Promise.all(each)).reduce((sum, count) => sum + count, 0);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((worker) => worker.stop()));
      await session.stop();
      await server[Symbol.asyncDispose]();
    },
  };
}
