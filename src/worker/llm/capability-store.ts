import { z } from 'zod';
import type { Keys } from '../../shared/keys.ts';
import { capabilitiesSchema } from '../../shared/models/capabilities.ts';
import type { Redis } from '../../shared/redis.ts';
import type { CapabilityStore, Learnt } from './capability-memory.ts';

const entrySchema = z.object({ untilMs: z.number(), capabilities: capabilitiesSchema.partial() });

/**
 * What the fleet learnt of its endpoints, in one hash: scope → JSON. Entries of other releases that cannot be read, and old ones,
 * are nothing. Two processes that learn at the same moment may lose what one of them wrote; it is then learnt again.
 */
export function createCapabilityStore(
  redis: Redis,
  keys: Keys,
  now: () => number = Date.now,
): CapabilityStore {
  const { capabilities: hash } = keys.limits;
  return {
    async load(scope) {
      const text = await redis.hget(hash, scope);
      if (text === null) return undefined;
      const entry = entrySchema.safeParse(parse(text));
      if (!entry.success || entry.data.untilMs <= now()) return undefined;
      // Read from JSON, which has no undefined.
      return entry.data as Learnt;
    },
    async save(scope, learnt) {
      await redis.hset(hash, scope, JSON.stringify(learnt));
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
