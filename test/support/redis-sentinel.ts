import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { hangUp } from '../../src/embedded-redis/greet.ts';
import { findServerBinary } from '../../src/embedded-redis/server-binary.ts';
import { freePort } from '../../src/embedded-redis/server-process.ts';
import { type Stoppable, stoppable } from '../../src/shared/lifecycle.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { until } from './until.ts';

/** A primary, its replica and a sentinel of a test's own. The sentinel fails over only when it is told to. */
export type SentinelTrio = {
  /** For `REDIS_URL`. Its first sentinel does not answer, as one of several may not. */
  readonly url: string;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /**
   * Cuts the replica's link: what the primary acknowledges from now on, it does not pass on. Resolves when nothing is under way
   * any more.
   */
  cutReplication(): Promise<void>;
  /** Promotes the replica, whether the primary is there or not; resolves when the sentinel names it. */
  failOver(): Promise<void>;
} & Stoppable;

const NAME = 'main';
const PASSWORD = 'replication';

export async function startSentinelTrio(): Promise<SentinelTrio> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const each of stops.toReversed()) await each();
  };
  const connect = (server: { port: number }) => {
    const redis = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: null });
    redis.on('error', () => {});
    stops.push(async () => hangUp(redis));
    return redis;
  };
  try {
    const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    stops.push(primary.stop);
    const atPrimary = connect(primary);
    await atPrimary.acl('SETUSER', 'replica', 'on', `>${PASSWORD}`, '+psync', '+replconf', '+ping');
    const replica = await startRedis({
      args: [
        ...['--replicaof', `127.0.0.1 ${primary.port}`],
        ...['--masteruser', 'replica', '--masterauth', PASSWORD],
      ],
    });
    stops.push(replica.stop);
    const atReplica = connect(replica);
    await until('the replica to be in step', async () => linkIs(atReplica, 'up'));

    const sentinel = await startSentinel(primary.port);
    stops.push(sentinel.stop);
    const atSentinel = connect(sentinel);
    await until('the sentinel to know the replica', async () => {
      const replicas: unknown = await atSentinel.call('SENTINEL', 'replicas', NAME);
      return JSON.stringify(replicas).includes(String(replica.port));
    });

    const trio = {
      url: `redis+sentinel://127.0.0.1:${await freePort()},127.0.0.1:${sentinel.port}/${NAME}`,
      primary,
      replica,
      async cutReplication() {
        await atPrimary.acl('SETUSER', 'replica', 'off');
        await atPrimary.client('KILL', 'USER', 'replica');
        await until('the link to be down', () => linkIs(atReplica, 'down'));
      },
      async failOver() {
        await until('the sentinel to agree', () =>
          atSentinel.call('SENTINEL', 'failover', NAME).catch(() => undefined),
        );
        await until('the replica to be named', async () => {
          const [, port] = (await atSentinel.call('SENTINEL', 'get-master-addr-by-name', NAME)) as string[];
          return Number(port) === replica.port;
        });
      },
    };
    return stoppable(trio, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function linkIs(replica: Redis, state: 'up' | 'down'): Promise<boolean> {
  return (await replica.info('replication')).includes(`master_link_status:${state}`);
}

/** Sentinels write their configuration file, so that theirs cannot come through standard input. */
async function startSentinel(primaryPort: number): Promise<{ port: number; stop: () => Promise<void> }> {
  const command = await findServerBinary();
  if (command === undefined) throw new Error('these tests need redis-server on PATH');
  const dir = await mkdtemp(join(tmpdir(), 'persona-fleet-sentinel-'));
  const port = await freePort();
  const file = join(dir, 'sentinel.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${dir}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 1`,
    // A busy machine must not look like a dead one.
    `sentinel down-after-milliseconds ${NAME} 600000`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn(command, [file, '--sentinel'], { stdio: 'ignore' });
  child.unref();
  const exited = once(child, 'exit');
  const onExit = () => void child.kill('SIGKILL');
  process.once('exit', onExit);
  return {
    port,
    async stop() {
      child.ref();
      child.kill('SIGKILL');
      await exited;
      process.off('exit', onExit);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
