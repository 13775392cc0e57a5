import { createHash, randomUUID } from 'node:crypto';
import type { Keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis.ts';
import { type Finding, fault, ok } from '../check.ts';

/** Writes as our scripts do, to a key that goes with them, or by itself. */
const SCRIPT = `
redis.call('TIME')
redis.call('HSET', KEYS[1], 'slot', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'committed', 1)
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('HGET', KEYS[1], 'slot')
redis.call('DEL', KEYS[1])
redis.call('SETBIT', KEYS[1], 7, 1)
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], 1, 'member')
redis.call('DEL', KEYS[1])
redis.call('SADD', KEYS[1], 'member')
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', 10, '*', 'event', 'added')
return redis.call('DEL', KEYS[1])
`;

/**
 * Whether this user may run what queues and workers run, on all the keys that they use: tried for real, under keys of its own that are
 * gone afterwards.
 */
export async function checkCommands(redis: Redis, keys: Keys): Promise<Finding> {
  const id = `doctor-${randomUUID()}`;
  const queue = `${keys.queuePrefix}:${id}`;
  const keyOf = {
    populations: keys.simulation(id).names,
    limits: keys.limits.scope(id).state,
    queues: queue,
  };
  const sha = createHash('sha1').update(SCRIPT).digest('hex');
  const trials: [what: string, run: () => Promise<unknown>][] = [
    ...Object.entries(keyOf).map(([whose, key]): [string, () => Promise<unknown>] => [
      `scripts on the keys of ${whose}`,
      // As a worker sends them: by their text the first time, by their hash from then on.
      () => redis.eval(SCRIPT, 1, key, id).then(() => redis.evalsha(sha, 1, key, id)),
    ]),
    ['bzpopmin', () => redis.bzpopmin(queue, 0.01)],
    ['xread', () => redis.xread('BLOCK', 1, 'STREAMS', queue, '0')],
    ['hgetall', () => redis.hgetall(queue)],
    ['hscan', () => redis.hscan(queue, 0)],
    ['unlink', () => redis.unlink(queue)],
    ['client setname', () => redis.client('SETNAME', id)],
    ['client list', () => redis.client('LIST')],
    ['info', () => redis.info()],
    ['time', () => redis.time()],
  ];
  const refusals: { what: string; why: string }[] = [];
  for (const [what, run] of trials) {
    const why = await refusalOf(run());
    if (why !== undefined) refusals.push({ what, why });
  }
  const [first] = refusals;
  if (first === undefined) return ok('all that are needed work: scripts, queues, blocking reads');
  return fault(
    `refused: ${refusals.map(({ what }) => what).join(', ')} ("${first.why}")`,
    first.why.startsWith('NOPERM')
      ? 'allow them to the user in REDIS_URL (ACL SETUSER), on keys of this prefix'
      : 'Redis says why: mend that, then run doctor again',
  );
}

/** What Redis answers to a command that it refuses. */
async function refusalOf(reply: Promise<unknown>): Promise<string | undefined> {
  try {
    await reply;
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return error.message;
    throw error;
  }
}
