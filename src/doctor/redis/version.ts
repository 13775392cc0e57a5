import { type Finding, fault, ok, warning } from '../check.ts';
import type { RedisInfo } from './redis-info.ts';

/** Lua scripts could run code of their own on the server (published October 2025). */
const ADVISORY = 'CVE-2025-49844';

/** Where it was mended, by release line; every later line has the correction from its beginning. */
const mended: Readonly<Record<'Redis' | 'Valkey', readonly (readonly [number, number, number])[]>> = {
  Redis: [
    [6, 2, 20],
    [7, 2, 11],
    [7, 4, 6],
    [8, 0, 4],
    [8, 2, 2],
  ],
  Valkey: [
    [7, 2, 11],
    [8, 0, 6],
    [8, 1, 4],
  ],
};

const OLDEST_TESTED = [7, 0, 0] as const;

type Version = readonly [major: number, minor: number, patch: number];

/** Whether the release is one that is tested with, and one that has the correction of a grave fault in the scripts' engine. */
export function checkVersion(info: RedisInfo): Finding {
  const { product, text } = releaseOf(info);
  const version = parseVersion(text);
  const found = `${product} ${text || 'of an unknown version'}`;
  if (version === undefined || (product !== 'Redis' && product !== 'Valkey')) {
    return warning(found, 'Persona Fleet is tested with Redis and Valkey; watch its first runs closely');
  }
  if (compare(version, OLDEST_TESTED) < 0) {
    return fault(
      found,
      'it is older than 7.0, the oldest that Persona Fleet is tested with: use a newer one',
    );
  }
  const lines = mended[product];
  const line = lines.find(([major, minor]) => major === version[0] && minor === version[1]);
  const newest = lines.at(-1) ?? version;
  const isMended = line === undefined ? compare(version, newest) > 0 : compare(version, line) >= 0;
  if (isMended) return ok(`${found}, with the correction of ${ADVISORY}`);
  const known = lines.filter((each) => compare(each, OLDEST_TESTED) > 0).map((each) => each.join('.'));
  return warning(
    `${found}: its number does not say that ${ADVISORY} is mended`,
    `${product} ${known.join(', ')} and later lines have the correction. Distributions and providers correct older numbers too: ` +
      `look for ${ADVISORY} in the package's changelog, or ask the provider. Only a user who may run scripts can use the fault`,
  );
}

/** Forks keep a `redis_version` for old clients, beside their own. */
function releaseOf(info: RedisInfo): { product: string; text: string } {
  const forks = { Valkey: 'valkey_version', Dragonfly: 'dragonfly_version', Upstash: 'upstash_version' };
  for (const [product, field] of Object.entries(forks)) {
    const text = info.get(field);
    if (text !== undefined) return { product, text };
  }
  return { product: 'Redis', text: info.get('redis_version') ?? '' };
}

function parseVersion(text: string): Version | undefined {
  const [, major, minor, patch] = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
