import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pLimit from 'p-limit';
import { JOB_VERSION } from '../../src/shared/jobs.ts';
import { work } from '../../src/worker/work.ts';
import { total } from './llm/gateway-fixture.ts';
import { plannedSlots, scriptedModel } from './planned-slots.ts';

const running = new AbortController().signal;

/** A job of all slots of a population of four. */
async function job(t: TestContext) {
  const slots = await plannedSlots(t, { populationSize: 4 });
  const { population, populations, transactions, metrics, id, run } = slots;
  const ran: number[] = [];
  return {
    ...slots,
    ran,
    work: ({ draining = running, before = async (_slot: number) => {} } = {}) =>
      work({
        data: {
          version: JOB_VERSION,
          simulation: 'sim',
          population: id,
          stateDigest: population.id,
          slots: [0, 4],
        },
        store: populations,
        transactions,
        decode: async () => population,
        generate: async (slot) => {
          await before(slot);
          ran.push(slot);
          return run(slot, scriptedModel());
        },
        pause: async () => {},
        limit: pLimit(4),
        metrics,
        lockLost: running,
        draining,
      }),
    lookedUp: async () => ({
      hits: await total(metrics.transactions, { kind: 'slot', outcome: 'hit' }),
      misses: await total(metrics.transactions, { kind: 'slot', outcome: 'miss' }),
    }),
  };
}

test('a job runs the slots that are open; each slot counts once, as a hit or a miss', async (t) => {
  const { work, run, ran, lookedUp } = await job(t);
  await run(1, scriptedModel());
  assert.deepEqual(await work(), { committed: 3, replayed: 1, failed: 0, left: 0 });
  assert.deepEqual(ran, [0, 2, 3]);
  assert.deepEqual(await lookedUp(), { hits: 1, misses: 3 });
});

test('a job of settled slots runs none of them', async (t) => {
  const { work, ran, lookedUp } = await job(t);
  await work();
  assert.deepEqual(await work(), { committed: 0, replayed: 4, failed: 0, left: 0 });
  assert.equal(ran.length, 4);
  assert.deepEqual(await lookedUp(), { hits: 4, misses: 4 });
});

test('a slot that is opened again while the job runs is run by the same job', async (t) => {
  const { work, populations, transactions, id, ran, lookedUp } = await job(t);
  await transactions.fail(0, { reason: 'refusal', record: '{}' });
  const before = async (slot: number) => {
    if (slot === 1) await populations.reopen(id);
  };
  assert.deepEqual(await work({ before }), { committed: 4, replayed: 0, failed: 0, left: 0 });
  assert.equal(ran.at(-1), 0);
  assert.deepEqual(await lookedUp(), { hits: 1, misses: 3 });
});

test('a stopping process hands back a job that has slots left', async (t) => {
  const { work } = await job(t);
  await assert.rejects(work({ draining: AbortSignal.abort() }), { name: 'JobReturnedError' });
});

test('a population that is not under way keeps its open slots', async (t) => {
  const { work, populations, id } = await job(t);
  await populations.pause(id, { code: 'quota', message: 'the quota is used up' });
  assert.deepEqual(await work(), { committed: 0, replayed: 0, failed: 0, left: 4 });
});
