import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createKeys } from '../../../src/shared/keys.ts';
import { connect, testPrefix } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { Crash, type CrashPoint, crashingAt } from './crashing.ts';
import { type PrunedPopulation, populationIn, prunedPopulation } from './pruned-population.ts';

/** A few lines, so that a pass confirms several times, and several buckets at once. */
const CONFIRM_BYTES = 25_000;

/** One pass of a process that dies at this point; returns how many steps it took, and whether it died. */
async function pruneUntil(population: PrunedPopulation, point: CrashPoint | undefined, holder: string) {
  const crashing = crashingAt(point, population.outbox(holder), population.results);
  const { outbox, results, openFile } = crashing;
  const options = { outbox, results, openFile, confirmBytes: CONFIRM_BYTES };
  const died = await population.prune(options).then(
    () => false,
    (error: unknown) => {
      assert.ok(error instanceof Crash, String(error));
      return true;
    },
  );
  await crashing.afterwards();
  // Nobody waits in a test until the lease of the dead has run out.
  await population.redis.del(population.key.outbox);
  return { steps: crashing.steps(), died };
}

test('whichever step of a pass is the last one, nobody is lost or doubled, then or after the next run', async (t) => {
  const redis = await connect(t);
  const slots = [0, 1, 2, 5, 1_023, 1_024, 1_030, 2_047, 2_048, 2_049, 4_000];
  let steps = Number.POSITIVE_INFINITY;
  let deaths = 0;
  for (const how of ['before', 'half', 'after'] as const) {
    for (let step = 1; step <= steps; step += 1) {
      const folder = await temporaryFolder(t);
      const population = await populationIn({ redis, keys: createKeys(testPrefix(t)), folder, size: 5_000 });
      await population.commit(...slots);
      const { died } = await pruneUntil(population, { step, how, powerLoss: undefined }, 'first');
      await population.assertNobodyLostOrDoubled(slots);
      if (!died) steps = step;
      deaths += Number(died);
      await population.commit(3, 1_025);
      await population.prune();
      assert.deepEqual((await population.slotsIn()).toSorted(), [...slots, 3, 1_025].toSorted());
      assert.deepEqual(await population.stored(), []);
      await population.assertNobodyLostOrDoubled([...slots, 3, 1_025]);
      assert.deepEqual(await readdir(folder), ['people.jsonl'], 'nothing was set aside');
    }
  }
  // Look, open, make the file, take stock; then for each bucket read, write, and every few lines sync and prune.
  assert.ok(deaths > 3 * 20, `${deaths} deaths`);
});

const slot = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: 1_020, max: 1_030 }),
  fc.integer({ min: 2_040, max: 2_050 }),
  fc.integer({ min: 0, max: 2_999 }),
);
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ commit: fc.uniqueArray(slot, { minLength: 1, maxLength: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      crash: fc.record({
        step: fc.integer({ min: 1, max: 22 }),
        how: fc.constantFrom('before', 'half', 'after'),
        powerLoss: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ prune: true }) },
  { weight: 1, arbitrary: fc.record({ fail: slot }) },
  { weight: 1, arbitrary: fc.record({ grow: fc.integer({ min: 3_000, max: 4_000 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

test('any history of commits, crashes, power cuts and growth: the file and Redis complete each other', async (t) => {
  const redis = await connect(t);
  const folder = await temporaryFolder(t);
  const prefix = testPrefix(t);
  let histories = 0;
  let deaths = 0;

  async function run(history: readonly Action[]): Promise<void> {
    histories += 1;
    const population = await populationIn({
      redis,
      keys: createKeys(`${prefix}-${histories}`),
      folder: await mkdtemp(join(folder, 'history-')),
      size: 3_000,
    });
    const committed = new Set<number>();
    const failed = new Set<number>();
    for (const [index, each] of history.entries()) {
      if ('commit' in each) {
        const open = each.commit.filter((one) => !failed.has(one));
        await population.commit(...open);
        for (const one of open) committed.add(one);
      } else if ('fail' in each) {
        const { code } = await population.transactions.fail(each.fail, { reason: 'x', record: `${index}` });
        if (code === 'failed') failed.add(each.fail);
        assert.equal(code === 'committed', committed.has(each.fail));
      } else if ('grow' in each) await population.define(each.grow);
      else {
        const { died } = await pruneUntil(
          population,
          'crash' in each ? each.crash : undefined,
          `run ${index}`,
        );
        deaths += Number(died);
      }
      await population.assertNobodyLostOrDoubled(committed);
    }
    await population.prune();
    assert.deepEqual(await population.stored(), []);
    await population.assertNobodyLostOrDoubled(committed);
    assert.deepEqual(await readdir(population.folder), ['people.jsonl']);
    assert.deepEqual(population.said, []);
  }

  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 14 }), run), { numRuns: 100 });
  assert.ok(deaths > 0, 'some runs died');
});

test('a pass that dies leaves its lease, which keeps others out until it ends', async (t) => {
  const population = await prunedPopulation(t);
  await population.commit(0);
  const { outbox, results } = population;
  const crashing = crashingAt({ step: 6, how: 'after', powerLoss: undefined }, outbox('dead'), results);
  await assert.rejects(population.prune(crashing), Crash);
  assert.equal(await population.redis.get(population.key.outbox), 'dead');
});
