import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastLook } from '../../src/cli/last-look.ts';
import type { PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

const statusOf = (changes: Partial<PopulationStatus>): PopulationStatus => ({
  population: 'ab12',
  simulation: 'sim',
  state: 'complete',
  reason: '',
  reasonCode: '',
  pruned: 0,
  lastCommitMs: undefined,
  size: 1,
  extents: [1],
  stateDigest: 'cd34',
  committed: 1,
  failed: 0,
  failedByReason: {},
  ...NOTHING_SPENT,
  budget: {},
  labels: {},
  ...changes,
});

test('calls that are not settled yet are waited for', async () => {
  let looks = 0;
  const status = async () => {
    looks += 1;
    return looks < 3 ? statusOf({ inFlight: 1 }) : statusOf({ calls: 1 });
  };
  const [last] = await lastLook({ status }, [statusOf({})]);
  assert.deepEqual([last?.calls, last?.inFlight, looks], [1, 0, 3]);
});

test('what was seen last stands when Redis fails', async () => {
  let looks = 0;
  const status = async () => {
    looks += 1;
    if (looks > 1) throw new Error('Redis is away');
    return statusOf({ inFlight: 1, calls: 7 });
  };
  const [last] = await lastLook({ status }, [statusOf({})]);
  assert.equal(last?.calls, 7);
});

test('calls of workers that died are not waited for without end', async () => {
  const [last] = await lastLook({ status: async () => statusOf({ inFlight: 2 }) }, [statusOf({})]);
  assert.equal(last?.inFlight, 2);
});
