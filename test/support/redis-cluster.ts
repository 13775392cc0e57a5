import { Redis } from 'ioredis';
import { hangUp } from '../../src/embedded-redis/greet.ts';
import { freePort } from '../../src/embedded-redis/server-process.ts';
import { type Stoppable, stoppable } from '../../src/shared/lifecycle.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { until } from './until.ts';

export interface ClusterNode {
  readonly server: RedisServer;
  /** A connection to this node alone. */
  readonly redis: Redis;
}

/** A Redis Cluster of a test's own: primaries that share the slots evenly, and replicas where they are asked for. */
export type RedisCluster = {
  /** For `REDIS_URL`. */
  readonly url: string;
  readonly primaries: readonly ClusterNode[];
  readonly replicas: readonly ClusterNode[];
  /** The primary that serves a key, by the map that was set up. */
  primaryOf(key: string): Promise<ClusterNode>;
} & Stoppable;

const SLOTS = 16_384;

/**
 * `replicaOf` are indices of primaries: each gets one replica. `nodeTimeoutMs` decides how soon a dead primary is replaced; on a
 * busy machine a short one makes healthy nodes look dead.
 */
export async function startCluster(
  options: { primaries?: number; replicaOf?: readonly number[]; nodeTimeoutMs?: number } = {},
): Promise<RedisCluster> {
  const { primaries: count = 3, replicaOf = [], nodeTimeoutMs = 15_000 } = options;
  const nodes: (ClusterNode & { busPort: number })[] = [];
  const stop = async () => {
    for (const { redis } of nodes) hangUp(redis);
    await Promise.all(nodes.map(({ server }) => server.stop()));
  };
  try {
    for (let index = 0; index < count + replicaOf.length; index += 1) {
      // By default the bus takes the port + 10,000, which may be none at all.
      const busPort = await freePort();
      const server = await startRedis({
        args: [
          ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
          ...['--cluster-node-timeout', String(nodeTimeoutMs), '--repl-diskless-sync-delay', '0'],
        ],
      });
      const redis = new Redis(server.url, { maxRetriesPerRequest: 1 });
      redis.on('error', () => {});
      nodes.push({ server, redis, busPort });
    }
    const primaries = nodes.slice(0, count);
    const replicas = nodes.slice(count);
    await join(primaries, replicas, replicaOf);
    const addresses = primaries.map(({ server }) => `127.0.0.1:${server.port}`).join(',');
    const cluster = {
      url: `redis+cluster://${addresses}`,
      primaries,
      replicas,
      async primaryOf(key: string) {
        const slot = Number(await primaries[0]?.redis.cluster('KEYSLOT', key));
        const node = primaries.find((_, index) => slot < firstSlot(index + 1, count));
        if (node === undefined) throw new Error(`no primary serves slot ${slot}`);
        return node;
      },
    };
    return stoppable(cluster, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstSlot(index: number, primaries: number): number {
  return Math.floor((SLOTS * index) / primaries);
}

async function join(
  primaries: readonly (ClusterNode & { busPort: number })[],
  replicas: readonly (ClusterNode & { busPort: number })[],
  replicaOf: readonly number[],
): Promise<void> {
  const nodes = [...primaries, ...replicas];
  for (const [index, { redis }] of nodes.entries())
    await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  for (const [index, { redis }] of primaries.entries()) {
    const last = firstSlot(index + 1, primaries.length) - 1;
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', firstSlot(index, primaries.length), last);
  }
  for (const { server, busPort } of nodes.slice(1)) {
    await nodes[0]?.redis.call('CLUSTER', 'MEET', '127.0.0.1', server.port, busPort);
  }
  await until('the cluster to know all its nodes', () => all(nodes, `cluster_known_nodes:${nodes.length}`));
  for (const [index, replica] of replicas.entries()) {
    const id = String(await primaries[replicaOf[index] ?? 0]?.redis.cluster('MYID'));
    // Refused until this node, too, has heard of the primary's slots.
    await until('a replica to follow its primary', () =>
      replica.redis.call('CLUSTER', 'REPLICATE', id).catch(() => undefined),
    );
    await until('a replica to be in step', async () =>
      /master_link_status:up/.test(await replica.redis.info('replication')),
    );
  }
  await until('the cluster to be up', () => all(nodes, 'cluster_state:ok'));
}

async function all(nodes: readonly ClusterNode[], line: string): Promise<boolean> {
  const infos = await Promise.all(nodes.map(({ redis }) => redis.cluster('INFO')));
  return infos.every((info) => String(info).split('\r\n').includes(line));
}
