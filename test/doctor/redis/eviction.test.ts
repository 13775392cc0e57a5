import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEviction } from '../../../src/doctor/redis/eviction.ts';

const under = (policy: string) => checkEviction(new Map([['maxmemory_policy', policy]]));

test('only noeviction keeps everything', () => {
  assert.equal(under('noeviction').status, 'ok');
  assert.equal(checkEviction(new Map()).status, 'warning');
});

test('a policy that may drop any key is a fault', () => {
  const { status, found } = under('allkeys-lru');
  assert.equal(status, 'fault');
  assert.match(found, /names and results are dropped/);
});

test('one that drops only what expires is a warning: people stay, locks and limits may go', () => {
  const { status, found, advice } = under('volatile-lru');
  assert.equal(status, 'warning');
  assert.match(found, /names and results, which never expire, stay;.*locks.*limits/);
  assert.match(advice ?? '', /CONFIG SET maxmemory-policy noeviction/);
});
