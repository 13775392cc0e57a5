import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Queue, Worker } from 'bullmq';
import { openQueueReader } from '../../src/exporter/queue-reader.ts';
import { SIMULATED_MODEL } from '../../src/shared/config.ts';
import { queueNameOf } from '../../src/shared/jobs.ts';
import { populationAccount } from '../../src/shared/limits/accounts.ts';
import { createImports } from '../../src/shared/transactions/imports.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { createSlotTransactions } from '../../src/shared/transactions/slot-transactions.ts';
import { answered, askFor, simulatedFleet } from '../shared/limits/simulated-fleet.ts';
import { testRedisUrl } from '../support/redis.ts';

export const SIMULATION = 'sim';
/** What each population of the prepared fleet is there for. */
export const IDS = {
  running: 'a0a0a0a0a0a0a0a0a0a0a0a0',
  paused: 'b1b1b1b1b1b1b1b1b1b1b1b1',
  complete: 'c2c2c2c2c2c2c2c2c2c2c2c2',
  cancelled: 'd3d3d3d3d3d3d3d3d3d3d3d3',
} as const;

/** A way to put populations into Redis, on keys of the test's own and with the scripts that do it in a fleet. */
export async function emptyFleet(t: TestContext) {
  const fleet = await simulatedFleet(t);
  const { redis, keys } = fleet;
  const [seconds] = await redis.time();
  fleet.clock.nowMs = Number(seconds) * 1_000;
  const redisUrl = await testRedisUrl();
  const populations = createPopulations(redis, keys, SIMULATION);
  const slotsOf = (id: string) => createSlotTransactions(redis, keys, SIMULATION, id);
  return {
    ...fleet,
    redisUrl,
    populations,
    define: (id: string, size: number, labels: Readonly<Record<string, string>> = { model: 'm' }) =>
      populations.define({ id, size, encode: () => ({ state: '{}', digest: `digest-${id}` }), labels }),
    /** Commits the slots `[from, to)`. */
    async commit(id: string, from: number, to: number) {
      for (let slot = from; slot < to; slot += 1) {
        const name = `Person ${String.fromCharCode(97 + slot)} of ${id}`;
        const { code } = await slotsOf(id).commit(slot, { name, payload: Buffer.from(name) });
        assert.equal(code, 'committed');
      }
    },
    async fail(id: string, slot: number, reason: string) {
      const record = JSON.stringify({ reason, message: 'no', attempts: 1 });
      assert.equal((await slotsOf(id).fail(slot, { reason, record })).code, 'failed');
    },
  };
}

/**
 * A fleet in which everything happens at once: populations in four states and an import, calls of three rate scopes, and two queues
 * with jobs in every state.
 */
export async function preparedFleet(t: TestContext) {
  const fleet = await emptyFleet(t);
  const { redis, keys, populations, ledger, define, commit, fail } = fleet;

  await define(IDS.running, 10, { model: 'gpt-4.1-mini' });
  await commit(IDS.running, 0, 4);
  await fail(IDS.running, 4, 'refusal');
  await fail(IDS.running, 5, 'refusal');
  await fail(IDS.running, 6, 'context_too_long');
  const account = populationAccount(SIMULATION, IDS.running);
  await ledger.setBudget(account, { nanoDollars: 2_500_000_000, tokens: 10_000 });

  await define(IDS.paused, 5);
  await fail(IDS.paused, 0, 'refusal');
  await populations.pause(IDS.paused, { code: 'quota', message: 'the quota is used up' });

  await define(IDS.complete, 3);
  await commit(IDS.complete, 0, 3);
  await redis.hset(keys.simulation(SIMULATION).population(IDS.complete).counters, { pruned: 2 });

  await define(IDS.cancelled, 2);
  await populations.cancel(IDS.cancelled);

  const imports = createImports(redis, keys, SIMULATION);
  await imports.add({ name: 'Ada Import', payload: Buffer.from('ada') });

  await callsOf(fleet, account);
  await jobsOf(t, fleet);
  const queues = openQueueReader({ redisUrl: fleet.redisUrl, queuePrefix: keys.queuePrefix });
  t.after(() => queues.stop());
  return { ...fleet, queues };
}

/** Three rate scopes: one with limits and calls in flight, one that is paused, one that waits. */
async function callsOf(
  { process, redis, keys }: Awaited<ReturnType<typeof emptyFleet>>,
  account: string,
): Promise<void> {
  const limited = process('one', { requests: 4, burst: 1, scope: 'limited' });
  const asks = Array.from({ length: 6 }, (_, index) =>
    askFor({ account, kind: index === 1 ? 'repairCalls' : 'calls' }),
  );
  const [first, second, third] = asks.map(({ id }) => id);
  assert.ok(first && second && third);
  await limited.exchange({ asks });
  const usage = { promptTokens: 80, cachedTokens: 50, cacheWriteTokens: 20, completionTokens: 10 };
  const seen = { limitTokens: 9_000 };
  await limited.exchange({
    asks: asks.slice(4),
    settlements: [
      { id: first, outcome: answered(0, { usage, nanoDollars: 1_250_000_000, seen }) },
      { id: second, outcome: answered(0, { usage }) },
      { id: third, outcome: { kind: 'lost' } },
    ],
  });

  await process('two', { scope: 'paused', description: descriptionOf('model-p') }).exchange();
  await redis.hset(keys.limits.scope('paused').state, { pausedReason: 'quota', pausedMessage: 'used up' });

  const waiting = process('three', { scope: 'waiting', description: descriptionOf('model-w') });
  const refused = askFor({ account: 'sim/planning' });
  await waiting.exchange({ asks: [refused] });
  await waiting.exchange({
    settlements: [{ id: refused.id, outcome: { kind: 'refused', rateLimited: { retryAfterMs: 300_000 } } }],
  });
}

function descriptionOf(model: string): string {
  return JSON.stringify({ model, endpoint: 'host', windowMs: 60_000 });
}

/** Of people: three jobs that wait, one with a priority, one in work, one later, one failed. Of simulated ones: one in work. */
async function jobsOf(t: TestContext, { keys, redisUrl }: Awaited<ReturnType<typeof emptyFleet>>) {
  const options = { connection: { url: redisUrl, maxRetriesPerRequest: null }, prefix: keys.queuePrefix };
  const open = async (name: string) => {
    const queue = new Queue(name, options);
    const worker = new Worker(name, undefined, { ...options, autorun: false });
    t.after(async () => {
      await worker.close(true);
      await queue.close();
    });
    await worker.waitUntilReady();
    return { queue, worker };
  };
  const people = await open(queueNameOf('m'));
  await people.queue.add('failing', {});
  const failing = await people.worker.getNextJob('token', { block: false });
  assert.ok(failing);
  await failing.moveToFailed(new Error('no'), 'token');
  await people.queue.add('active', {});
  assert.ok(await people.worker.getNextJob('token', { block: false }));
  const anHourAgo = Date.now() - 3_600_000;
  await people.queue.add('waiting', { state: 'a long state' }, { timestamp: anHourAgo });
  await people.queue.add('waiting', {});
  await people.queue.add('waiting', {});
  await people.queue.add('urgent', {}, { priority: 1, timestamp: anHourAgo - 3_600_000 });
  await people.queue.add('later', {}, { delay: 3_600_000 });

  const simulated = await open(queueNameOf(SIMULATED_MODEL));
  await simulated.queue.add('active', {});
  assert.ok(await simulated.worker.getNextJob('token', { block: false }));
}
