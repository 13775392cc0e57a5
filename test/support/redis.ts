import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { hangUp } from '../../src/embedded-redis/greet.ts';
import { connectRedis, type Redis as FleetRedis } from '../../src/shared/redis.ts';
import { startRedis } from './redis-server.ts';

export { type RedisServer, startRedis } from './redis-server.ts';

/** Where global-setup.ts tells the test processes of the run's server. */
export const testRedisVariable = 'PF_TEST_REDIS_URL';

let ownUrl: Promise<string> | undefined;

/**
 * The Redis that all tests of a run share. A file that is run alone, without the global setup, starts one of its own
 * that ends with its process. Never flush it: other tests are in it.
 */
export function testRedisUrl(): Promise<string> {
  const shared = process.env[testRedisVariable];
  if (shared !== undefined) return Promise.resolve(shared);
  ownUrl ??= startRedis().then((server) => server.url);
  return ownUrl;
}

/** A connection that is closed when the test ends; by default to the shared server. */
export async function connect(t: TestContext, url?: string): Promise<Redis> {
  const redis = new Redis(url ?? (await testRedisUrl()), { maxRetriesPerRequest: 1 });
  // Tests that kill their server would otherwise print every connection loss.
  redis.on('error', () => {});
  t.after(() => hangUp(redis));
  return redis;
}

/** The same to whatever `REDIS_URL` may name: a cluster, or a primary that sentinels know. Waits for the first answer. */
export async function connectFleet(t: TestContext, url?: string): Promise<FleetRedis> {
  const redis = await connectRedis(url ?? (await testRedisUrl()), 'patient');
  t.after(() => {
    if (redis.status !== 'end') redis.disconnect();
  });
  return redis;
}

/**
 * A key prefix that no other test has. Every key whose name contains it is removed when the test passes; when it
 * fails they stay, and a diagnostic names them.
 */
export function testPrefix(t: TestContext, url?: string): string {
  const prefix = `pft${randomBytes(6).toString('hex')}`;
  t.after(async () => {
    // Not yet in the type declarations of Node 24, which has it.
    if ('passed' in t && t.passed === true) await removeKeys(url ?? (await testRedisUrl()), prefix);
    else t.diagnostic(`keys kept: ${prefix}*`);
  });
  return prefix;
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => {});
  try {
    for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1_000 })) {
      if (keys.length > 0) await redis.unlink(...keys);
    }
  } finally {
    hangUp(redis);
  }
}
