import assert from 'node:assert/strict';
import { test } from 'node:test';
import pLimit from 'p-limit';
import { generateShard } from '../../src/worker/shard.ts';
import type { SlotOutcome } from '../../src/worker/slot-dependencies.ts';

const running = new AbortController().signal;

function shard(options: Partial<Parameters<typeof generateShard>[0]> = {}) {
  return generateShard({
    open: [11, 12, 13, 17],
    limit: pLimit(2),
    stopping: running,
    generate: async () => 'committed',
    ...options,
  });
}

test('open slots are run, and each is counted once', async () => {
  const outcomes: Record<number, SlotOutcome> = { 11: 'committed', 12: 'failed', 13: 'left', 17: 'replayed' };
  const ran: number[] = [];
  const result = await shard({
    generate: async (slot) => {
      ran.push(slot);
      return outcomes[slot] ?? 'left';
    },
  });
  assert.deepEqual(ran, [11, 12, 13, 17]);
  assert.deepEqual(result, { committed: 1, replayed: 1, failed: 1, left: 1 });
});

test('shards share the limit of the process, and the one that came first goes first', async () => {
  const limit = pLimit(3);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const generate = async (slot: number): Promise<SlotOutcome> => {
    order.push(slot);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return 'committed';
  };
  const every = Array.from({ length: 30 }, (_, slot) => slot);
  await Promise.all([
    shard({ limit, generate, open: every.slice(0, 15) }),
    shard({ limit, generate, open: every.slice(15) }),
  ]);
  assert.equal(most, 3);
  assert.deepEqual(order, every);
});

test('once it is told to stop, what runs ends and what has not begun is left open', async () => {
  const stopping = new AbortController();
  const result = await shard({
    limit: pLimit(1),
    stopping: stopping.signal,
    generate: async (slot) => {
      if (slot === 12) stopping.abort();
      return 'committed';
    },
  });
  assert.deepEqual(result, { committed: 2, replayed: 0, failed: 0, left: 2 });
});

test('the first error is reported after all slots have ended', async () => {
  const ended: number[] = [];
  await assert.rejects(
    shard({
      generate: async (slot) => {
        ended.push(slot);
        if (slot === 12 || slot === 13) throw new Error(`slot ${slot}`);
        return 'committed';
      },
    }),
    /^Error: slot 12$/,
  );
  assert.deepEqual(ended, [11, 12, 13, 17]);
});
