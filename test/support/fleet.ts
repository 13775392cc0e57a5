import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { FleetFacts } from '../../src/cli/describe-fleet.ts';
import type { PersonLine } from '../../src/producer/export/person-line.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import type { PopulationStatus } from '../../src/shared/transactions/populations.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { type CliProcess, fleetEnv, runCli, startCli } from './cli-process.ts';
import { connectFleet, testPrefix } from './redis.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

export interface TestFleet {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly simulator: Simulator;
  /** Writes a spec file and returns its path. */
  spec(name: string, more?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Writes a JSON file into the folder that commands run in. */
  write(name: string, content: unknown): Promise<void>;
  /** Another simulator, where the first one was stopped. */
  simulateAgain(options: Partial<SimulatorOptions>): Promise<Simulator>;
  /** Waits until `status --fleet` shows something. */
  untilFleet(what: string, isSo: (fleet: FleetFacts) => boolean): Promise<void>;
  run(...args: string[]): ReturnType<typeof runCli>;
  /** The same with other environment variables. */
  runWith(more: Readonly<Record<string, string>>, ...args: string[]): ReturnType<typeof runCli>;
  /** What a worker of a `generate` logged. */
  workerLog(index: number): Promise<string>;
  start(...args: string[]): CliProcess;
  status(population?: string): Promise<PopulationStatus | undefined>;
  lines(out: string): Promise<PersonLine[]>;
  /** I1 to I4 for populations that were exported: names distinct and owned by their slots, nothing stranded. */
  assertWhole(size: number, ...exports: PersonLine[][]): Promise<void>;
}

/** A fleet of real processes around a simulator of the test's own, on keys and a folder of the test's own. */
export async function testFleet(
  t: TestContext,
  simulated: Partial<SimulatorOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<TestFleet> {
  const simulator = await startSimulator({ completionScale: 0, ...simulated });
  t.after(() => simulator.stop());
  const folder = await temporaryFolder(t);
  // A server of the test's own goes as a whole, and may be gone before its keys could be removed.
  const prefix = env.REDIS_URL === undefined ? testPrefix(t) : 'pft';
  const redis = await connectFleet(t, env.REDIS_URL);
  const simulation = createKeys(prefix).simulation('test');
  const environment = await fleetEnv(prefix, {
    PERSONA_FLEET_DATA_DIR: join(folder, 'data'),
    OPENAI_BASE_URL: simulator.url,
    OPENAI_API_KEY: 'sk-test-not-a-real-key',
    ...env,
  });
  const run = (...args: string[]) => runCli(t, args, { env: environment, cwd: folder });

  return {
    env: environment,
    folder,
    simulator,
    async spec(name, more = {}) {
      const path = join(folder, `${name}.json`);
      await writeFile(
        path,
        JSON.stringify({ simulation: 'test', context: `People of ${name}.`, populationSize: 60, ...more }),
      );
      return path;
    },
    write: (name, content) => writeFile(join(folder, name), JSON.stringify(content)),
    async simulateAgain(options) {
      const again = await startSimulator({ completionScale: 0, ...simulated, ...options });
      t.after(() => again.stop());
      return again;
    },
    untilFleet: (what, isSo) =>
      until(what, async () => {
        const { stdout } = await run('status', '--fleet', '--json');
        return stdout !== '' && isSo(JSON.parse(stdout));
      }).then(() => {}),
    run,
    runWith: (more, ...args) => runCli(t, args, { env: { ...environment, ...more }, cwd: folder }),
    workerLog: (index) => readFile(join(folder, 'data', 'logs', `worker-${index}.log`), 'utf8'),
    start: (...args) => startCli(t, args, { env: environment, cwd: folder }),
    async status(population) {
      const { stdout } = await run('status', '--json');
      const all: PopulationStatus[] = JSON.parse(stdout);
      return all.find((one) => population === undefined || one.population === population);
    },
    async lines(out) {
      const text = await readFile(join(folder, out), 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
    async assertWhole(size, ...exports) {
      const people = exports.flat();
      assert.equal(people.length, size, 'people exported');
      for (const lines of exports) {
        assert.deepEqual(
          lines.map(({ slot }) => slot),
          lines.map((_, index) => lines[index]?.slot).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
          'in slot order',
        );
        assert.equal(new Set(lines.map(({ slot }) => slot)).size, lines.length, 'no slot twice');
      }
      const owners = await redis.hgetall(simulation.names);
      for (const { name, slot, persona, provenance } of people) {
        assert.equal(persona.name, name);
        assert.equal(owners[canonicalName(name)], `${provenance.population}/${slot}`, `owner of ${name}`);
      }
      assert.equal(Object.keys(owners).length, size, 'as many names as people: none shared, none stranded');
    },
  };
}

/** Worker processes that a test kills and replaces as it likes. */
export function startWorkers(fleet: TestFleet, count: number): CliProcess[] {
  return Array.from({ length: count }, () => fleet.start('worker'));
}

/** Waits until this many people are committed in the simulation's only population. */
export async function untilCommitted(t: TestContext, fleet: TestFleet, people: number): Promise<void> {
  const redis = await connectFleet(t, fleet.env.REDIS_URL);
  const simulation = createKeys(fleet.env.PERSONA_FLEET_PREFIX ?? '').simulation('test');
  await until(`${people} committed people`, async () => {
    const [population] = await redis.smembers(simulation.populations);
    if (population === undefined) return false;
    return Number(await redis.hget(simulation.population(population).counters, 'committed')) >= people;
  });
}
