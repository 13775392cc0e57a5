import { Cluster, type ClusterOptions, type RedisOptions, Redis as Server } from 'ioredis';
import { RedisUnavailableError, UserError } from './errors.ts';
import { withDeadline } from './lifecycle.ts';
import { type Access, maskPassword, type RedisAddress, readRedisAddress } from './redis-address.ts';

/** A connection to Redis: to one server (also one that sentinels found), or to a cluster. Commands are the same on both. */
export type Redis = Server | Cluster;

/**
 * Redis connections, by purpose. None sets `commandTimeout`: on a worker it breaks blocking reads and fails
 * good jobs. The caller owns what it gets and quits it; BullMQ leaves supplied connections open.
 */
export const ConnectionPurpose = {
  /** A long-lived process: waits out an outage and resends what was not answered; our scripts are idempotent. */
  patient: 'patient',
  /** A command somebody waits for: says within seconds that Redis is gone. */
  failFast: 'fail-fast',
} as const;
export type ConnectionPurpose = (typeof ConnectionPurpose)[keyof typeof ConnectionPurpose];

const RECONNECT_MAX_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** For a first connection, whatever it takes: sentinels, a cluster's map, a server that is loading. */
const FIRST_ANSWER_TIMEOUT_MS = 20_000;
/**
 * A server that is asked and says nothing for so long is gone without a goodbye (its machine lost power, a failover cut it off):
 * the connection is opened anew, and what was not answered is sent again. That is safe, but a stall of Redis looks the same: what it
 * did before it stalled is then asked twice. Longer than the 10 s for which BullMQ blocks at the most.
 */
const SILENCE_TIMEOUT_MS = 15_000;
/** How often a cluster is asked who serves what. A failover shows by itself; this finds a primary that was frozen. */
const CLUSTER_MAP_MAX_AGE_MS = 10_000;
/** A command somebody waits for follows a cluster that fails over for some seconds, a tenth of a second at a time. */
const FAIL_FAST_REDIRECTIONS = 50;

const backoffMs = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS);

/** Opens a connection and waits until it answers. Throws RedisUnavailableError when it does not. */
export async function connectRedis(
  url: string,
  purpose: ConnectionPurpose,
  onError: (error: Error) => void = () => {},
): Promise<Redis> {
  // Commands of one tick share one write: a shard's slots cost round trips together, not one each.
  const share = purpose === ConnectionPurpose.patient;
  const redis = createRedis(url, purpose, { lazyConnect: true, enableAutoPipelining: share });
  redis.on('error', onError);
  try {
    await withDeadline(redis.connect(), FIRST_ANSWER_TIMEOUT_MS, 'no answer in time');
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw new RedisUnavailableError(`Redis does not answer at ${maskPassword(url)}`, { cause });
  }
}

/**
 * A connection for BullMQ's `connection`, which takes a cluster only as an instance. It connects by itself and goes on trying.
 * BullMQ leaves it open: `close()` it after its queue or worker, when nothing is under way any more.
 */
export function openQueueConnection(
  url: string,
  purpose: ConnectionPurpose,
): { readonly redis: Redis; close(): void } {
  const redis = createRedis(url, purpose, { lazyConnect: false, enableAutoPipelining: false });
  // Without a listener ioredis prints every loss on the console; BullMQ listens too, and tells whoever listens to it.
  redis.on('error', () => {});
  return {
    redis,
    close: () => {
      // On a connection that has ended, another end would only start a timer of two seconds.
      if (redis.status !== 'end') redis.disconnect();
    },
  };
}

/** The servers that hold keys of their own: what INFO says is said of one of them. */
export function primariesOf(redis: Redis): Server[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis];
}

interface Style {
  readonly lazyConnect: boolean;
  readonly enableAutoPipelining: boolean;
}

function createRedis(url: string, purpose: ConnectionPurpose, style: Style): Redis {
  const read = readRedisAddress(url);
  if ('fault' in read) throw new UserError(`the address of Redis: ${read.fault}`);
  const { address } = read;
  switch (address.kind) {
    case 'server':
      return new Server(address.url, { ...serverOptions(purpose), ...style });
    case 'sentinel':
      return new Server({ ...sentinelOptions(address, purpose), ...style });
    case 'cluster':
      return new Cluster([...address.nodes], clusterOptions(address.access, purpose, style));
    default: {
      const never: never = address;
      throw new Error(`unknown address ${String(never)}`);
    }
  }
}

function serverOptions(purpose: ConnectionPurpose) {
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    maxRetriesPerRequest: purpose === ConnectionPurpose.patient ? null : 2,
    retryStrategy: backoffMs,
    // Behind an address that a failover moves, the connection may still be to the old primary. A patient one sends the command
    // again, once it has a new connection.
    reconnectOnError: ({ message }: Error) =>
      /\bREADONLY\b/.test(message) && (purpose === ConnectionPurpose.patient ? 2 : 1),
  } satisfies RedisOptions;
}

function accessOptions({ username, password, tls }: Access) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  } satisfies RedisOptions;
}

function sentinelOptions(
  { sentinels, primary, database, access, sentinelAccess }: Extract<RedisAddress, { kind: 'sentinel' }>,
  purpose: ConnectionPurpose,
) {
  const { username, password, tls } = sentinelAccess;
  return {
    ...serverOptions(purpose),
    ...accessOptions(access),
    sentinels: [...sentinels],
    name: primary,
    db: database,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelRetryStrategy: (times: number) =>
      purpose === ConnectionPurpose.patient || times < 3 ? backoffMs(times) : null,
  } satisfies RedisOptions;
}

function clusterOptions(access: Access, purpose: ConnectionPurpose, style: Style) {
  const isPatient = purpose === ConnectionPurpose.patient;
  const { connectTimeout, socketTimeout, maxRetriesPerRequest } = serverOptions(purpose);
  return {
    lazyConnect: style.lazyConnect,
    // Never shared writes: of a pipeline that a failover cuts, what was not answered is not sent again.
    enableAutoPipelining: false,
    redisOptions: { connectTimeout, socketTimeout, maxRetriesPerRequest, ...accessOptions(access) },
    clusterRetryStrategy: (times: number) => (isPatient || times < 3 ? backoffMs(times) : null),
    maxRedirections: isPatient ? Number.POSITIVE_INFINITY : FAIL_FAST_REDIRECTIONS,
    // Two nodes that disagree for a moment would otherwise be asked in turns as fast as they answer.
    retryDelayOnMoved: 20,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: CLUSTER_MAP_MAX_AGE_MS,
    // Names stay names: a certificate is made out to one.
    dnsLookup: (host: string, done: (error: null, address: string) => void) => done(null, host),
  } satisfies ClusterOptions;
}
