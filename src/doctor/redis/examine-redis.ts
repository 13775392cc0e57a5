import type { Redis as Server } from 'ioredis';
import type { Keys } from '../../shared/keys.ts';
import { primariesOf, type Redis } from '../../shared/redis.ts';
import { type Check, examine, type Finding, ok, warning } from '../check.ts';
import { checkCommands } from './commands.ts';
import { checkEviction } from './eviction.ts';
import { checkLatency } from './latency.ts';
import { checkMemory } from './memory.ts';
import { checkPersistence } from './persistence.ts';
import { type RedisInfo, readInfo, readSetting } from './redis-info.ts';
import { checkRole } from './role.ts';
import { checkVersion } from './version.ts';

const WITHOUT_INFO =
  'version, role, memory, eviction and persistence cannot be seen: look at them with what the provider offers';

/** Everything about a Redis that answers; of a cluster, each of its primaries. */
export async function examineRedis(redis: Redis, keys: Keys, signal: AbortSignal): Promise<Check[]> {
  const primaries = primariesOf(redis);
  const asCluster = primaries[0] !== redis;
  const checks: Check[] = [];
  for (const server of primaries) {
    const { host = '', port = '' } = server.options;
    const place = asCluster ? ` of ${host}:${port}` : '';
    checks.push(...(await examineServer(server, { place, asCluster, signal })));
  }
  checks.push(await examine('redis commands', () => checkCommands(redis, keys), { signal }));
  return checks;
}

async function examineServer(
  server: Server,
  { place, asCluster, signal }: { place: string; asCluster: boolean; signal: AbortSignal },
): Promise<Check[]> {
  const look = (name: string, check: () => Finding | Promise<Finding>) =>
    examine(`redis ${name}${place}`, check, { signal });
  let told: RedisInfo | undefined;
  const information = await look('information', async () => {
    told = await readInfo(server);
    return told === undefined ? warning('INFO is refused', WITHOUT_INFO) : ok('told');
  });
  const latency = () => look('latency', () => checkLatency(() => server.ping()));
  const info = told;
  if (info === undefined) return [information, await latency()];
  return [
    await look('version', () => checkVersion(info)),
    await look('role', () => checkRole(info, { asCluster })),
    await look('eviction', () => checkEviction(info)),
    await look('persistence', async () => checkPersistence(info, await readSetting(server, 'appendfsync'))),
    await look('memory', () => checkMemory(info)),
    await latency(),
  ];
}
