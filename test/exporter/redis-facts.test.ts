import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { readRedisFacts, redisFactsOf } from '../../src/exporter/redis-facts.ts';
import { startRedis } from '../support/redis.ts';

test('a server tells its memory, its limit, what it does when that is reached, and how its file does', async (t) => {
  const server = await startRedis({
    settings: [
      ['save', '""'],
      ['appendonly', 'yes'],
      ['maxmemory', '64mb'],
      ['maxmemory-policy', 'noeviction'],
    ],
  });
  const redis = new Redis(server.url);
  t.after(async () => {
    redis.disconnect();
    await server.stop();
  });
  const { memoryUsedBytes = 0, ...facts } = await readRedisFacts(redis);
  assert.ok(memoryUsedBytes > 100_000 && memoryUsedBytes < 64 * 1024 * 1024, String(memoryUsedBytes));
  assert.deepEqual(facts, {
    memoryMaxBytes: 64 * 1024 * 1024,
    aofEnabled: true,
    aofLastWriteOk: true,
    aofLastRewriteOk: true,
    evicts: false,
  });
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '0', 'appendonly', 'no');
  const changed = await readRedisFacts(redis);
  assert.deepEqual([changed.evicts, changed.memoryMaxBytes, changed.aofEnabled], [true, undefined, false]);
});

test('one that refuses INFO says nothing, and that is no failure', async (t) => {
  const server = await startRedis();
  const owner = new Redis(server.url);
  await owner.acl('SETUSER', 'reader', 'on', '>secret', '~*', '+@all', '-info');
  const redis = new Redis({
    port: server.port,
    username: 'reader',
    password: 'secret',
    enableReadyCheck: false,
  });
  t.after(async () => {
    owner.disconnect();
    redis.disconnect();
    await server.stop();
  });
  assert.deepEqual(
    Object.values(await readRedisFacts(redis)),
    Array.from({ length: 6 }, () => undefined),
  );
});

test('a connection that is lost is a failure', async (t) => {
  const server = await startRedis();
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => {});
  t.after(() => server.stop());
  await redis.ping();
  await server.kill();
  await assert.rejects(readRedisFacts(redis));
});

test('fields that are missing or read otherwise are unknown, and a failed write is told', () => {
  const facts = redisFactsOf('# Memory\r\nused_memory:12\r\nmaxmemory:lots\r\naof_last_write_status:err\r\n');
  assert.deepEqual(facts, {
    memoryUsedBytes: 12,
    memoryMaxBytes: undefined,
    aofEnabled: undefined,
    aofLastWriteOk: false,
    aofLastRewriteOk: undefined,
    evicts: undefined,
  });
});
