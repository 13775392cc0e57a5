import type { Redis } from 'ioredis';
import { type Endpoint, type RedisAddress, serverUrl } from '../shared/redis-address.ts';
import { type Greeting, greet, hangUp } from './greet.ts';

/** A server that answered, or why none can be used: nobody useful answered, or what answered is set up for something else. */
export type Reached = Greeting | { misfit: string };

/**
 * Finds a server of the address that answers: itself, any node of a working cluster, or the primary that the sentinels name.
 * Each is given `timeoutMs`, one after the other. The connection is the caller's to close; no other is left behind.
 */
export async function reachServer(address: RedisAddress, timeoutMs: number): Promise<Reached> {
  switch (address.kind) {
    case 'server':
      return greet(address.url, { timeoutMs });
    case 'cluster':
      return reachNode(address, timeoutMs);
    case 'sentinel':
      return reachPrimary(address, timeoutMs);
    default: {
      const never: never = address;
      throw new Error(`unknown address ${String(never)}`);
    }
  }
}

async function reachNode(
  { nodes, access }: Extract<RedisAddress, { kind: 'cluster' }>,
  timeoutMs: number,
): Promise<Reached> {
  const node = await firstToAnswer(
    nodes.map((endpoint) => serverUrl(endpoint, access)),
    timeoutMs,
  );
  if ('refusal' in node) return node;
  const misfit = await clusterMisfit(node.redis);
  if (misfit === undefined) return node;
  hangUp(node.redis);
  return { misfit };
}

async function clusterMisfit(redis: Redis): Promise<string | undefined> {
  const { host, port } = redis.options;
  const info = await redis.cluster('INFO').catch((error: Error) => error);
  if (info instanceof Error) {
    if (/cluster support disabled/.test(info.message)) {
      return `${host}:${port} belongs to no cluster: for a single server write redis://, without the "+cluster"`;
    }
    return `${host}:${port} does not tell how the cluster stands (${info.message}): let the user run CLUSTER INFO and CLUSTER SLOTS`;
  }
  if (/^cluster_state:ok/m.test(String(info))) return undefined;
  return `the cluster is down: \`redis-cli --cluster check ${host}:${port}\` says which slots nobody serves`;
}

async function reachPrimary(
  address: Extract<RedisAddress, { kind: 'sentinel' }>,
  timeoutMs: number,
): Promise<Reached> {
  const { sentinels, sentinelAccess, primary, access, database } = address;
  const sentinel = await firstToAnswer(
    sentinels.map((endpoint) => serverUrl(endpoint, sentinelAccess)),
    timeoutMs,
  );
  if ('refusal' in sentinel) return sentinel;
  const found = await askForPrimary(sentinel.redis, primary).finally(() => hangUp(sentinel.redis));
  return 'misfit' in found ? found : greet(serverUrl(found, access, database), { timeoutMs });
}

async function askForPrimary(sentinel: Redis, name: string): Promise<Endpoint | { misfit: string }> {
  const { host, port } = sentinel.options;
  const answer: unknown = await sentinel
    .call('SENTINEL', 'get-master-addr-by-name', name)
    .catch((error: Error) => error);
  if (answer instanceof Error) {
    return {
      misfit: `${host}:${port} is no sentinel (${answer.message}): give their addresses, port 26379 as a rule`,
    };
  }
  if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
  return {
    misfit: `the sentinels know no primary named ${JSON.stringify(name)}: write the name that their \`sentinel monitor\` line has`,
  };
}

/** Of several that are as good as each other; when none answers, why the last one did not. */
async function firstToAnswer(urls: readonly string[], timeoutMs: number): Promise<Greeting> {
  let greeting: Greeting | undefined;
  for (const url of urls) {
    greeting = await greet(url, { timeoutMs });
    if ('redis' in greeting) break;
  }
  if (greeting === undefined) throw new RangeError('an address names at least one server');
  return greeting;
}
