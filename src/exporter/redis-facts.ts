import { primariesOf, type Redis } from '../shared/redis.ts';

/**
 * What Redis says of itself; of a cluster, all primaries together. undefined where it does not say: a managed one may refuse the
 * command, or leave fields out.
 */
export interface RedisFacts {
  readonly memoryUsedBytes: number | undefined;
  /** undefined also where it is not limited. */
  readonly memoryMaxBytes: number | undefined;
  readonly aofEnabled: boolean | undefined;
  readonly aofLastWriteOk: boolean | undefined;
  readonly aofLastRewriteOk: boolean | undefined;
  /** Whether it may throw keys away when its memory is full. */
  readonly evicts: boolean | undefined;
}

/** Costs one round trip to each primary. */
export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const servers = await Promise.all(
    primariesOf(redis).map(async (server) => {
      const sections = ['memory', 'persistence'].map((section) => sectionOf(server, section));
      return redisFactsOf((await Promise.all(sections)).join('\n'));
    }),
  );
  return {
    memoryUsedBytes: sumOf(servers.map((one) => one.memoryUsedBytes)),
    memoryMaxBytes: sumOf(servers.map((one) => one.memoryMaxBytes)),
    aofEnabled: allOf(servers.map((one) => one.aofEnabled)),
    aofLastWriteOk: allOf(servers.map((one) => one.aofLastWriteOk)),
    aofLastRewriteOk: allOf(servers.map((one) => one.aofLastRewriteOk)),
    evicts: anyOf(servers.map((one) => one.evicts)),
  };
}

/** Only a refusal is taken for one: a connection that is lost is the whole reading's failure. */
async function sectionOf(server: Pick<Redis, 'info'>, section: string): Promise<string> {
  try {
    return await server.info(section);
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return '';
    throw error;
  }
}

/** Of the text of one server's INFO. */
export function redisFactsOf(info: string): RedisFacts {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const number = (name: string) => {
    const text = fields.get(name) ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const is = (name: string, expected: string) => {
    const text = fields.get(name);
    return text === undefined ? undefined : text === expected;
  };
  const keepsAll = is('maxmemory_policy', 'noeviction');
  return {
    memoryUsedBytes: number('used_memory'),
    memoryMaxBytes: number('maxmemory') || undefined,
    aofEnabled: is('aof_enabled', '1'),
    aofLastWriteOk: is('aof_last_write_status', 'ok'),
    aofLastRewriteOk: is('aof_last_bgrewrite_status', 'ok'),
    evicts: keepsAll === undefined ? undefined : !keepsAll,
  };
}

/** A sum without one of its parts would say too little. */
function sumOf(parts: readonly (number | undefined)[]): number | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length < parts.length || known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0);
}

function allOf(parts: readonly (boolean | undefined)[]): boolean | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.every(Boolean);
}

function anyOf(parts: readonly (boolean | undefined)[]): boolean | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : known.some(Boolean);
}
