import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkMemory } from '../../../src/doctor/redis/memory.ts';
import { parseInfo } from '../../../src/doctor/redis/redis-info.ts';

const look = (info: string) => checkMemory(parseInfo(info));
const megabytes = (amount: number) => amount * 1_048_576;

test('what is used is held against maxmemory', () => {
  const used = (share: number) => look(`used_memory:${megabytes(100 * share)}\nmaxmemory:${megabytes(100)}`);
  assert.deepEqual(used(0.5), { status: 'ok', found: '50 MB of maxmemory 100 MB (50 %)' });
  assert.equal(used(0.74).status, 'ok');
  assert.equal(used(0.75).status, 'warning');
  assert.equal(used(0.94).status, 'warning');
  assert.equal(used(0.95).status, 'fault');
});

test('without a limit it is held against the machine, where that is known', () => {
  const used = (share: number) =>
    look(`used_memory:${megabytes(1_000 * share)}\nmaxmemory:0\ntotal_system_memory:${megabytes(1_000)}`);
  assert.deepEqual(used(0.5), { status: 'ok', found: '500 MB, maxmemory not set' });
  assert.equal(used(0.8).status, 'warning');
  assert.equal(look(`used_memory:${megabytes(1.5)}`).found, '1.5 MB, maxmemory not set');
  assert.equal(look('').status, 'warning');
});
