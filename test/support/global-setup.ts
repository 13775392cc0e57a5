import { testRedisVariable } from './redis.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

/** Run once by `node --test --test-global-setup`, around all test files: one Redis for the whole run. */
let server: RedisServer | undefined;

export async function globalSetup(): Promise<void> {
  server = await startRedis();
  process.env[testRedisVariable] = server.url;
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
}
