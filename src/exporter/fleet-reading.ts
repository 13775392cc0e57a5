import type { Keys } from '../shared/keys.ts';
import { FLEET_ACCOUNT } from '../shared/limits/accounts.ts';
import { createLedger, type Spend } from '../shared/limits/ledger.ts';
import { listScopes, type ScopeStatus } from '../shared/limits/scopes.ts';
import type { Redis } from '../shared/redis.ts';
import { type PeopleReading, readPopulations } from './population-reading.ts';
import type { QueueFacts, QueueReader } from './queue-reader.ts';
import { type RedisFacts, readRedisFacts } from './redis-facts.ts';

/** The fleet as it stood in Redis at one moment. */
export interface FleetReading extends PeopleReading {
  readonly redis: RedisFacts;
  readonly queues: readonly QueueFacts[];
  /** What all populations and plans together took. */
  readonly spend: Spend;
  readonly scopes: readonly ScopeStatus[];
}

/**
 * Reads the fleet. Changes nothing.
 *
 * Costs 4 round trips to Redis, one after another, for up to 500 populations, and one more for each further 500; the queues, the
 * limits and the server are asked meanwhile. In commands: 4 for each population, 4 for each simulation, 3 for each rate scope,
 * and some 35. Measured: 50 ms for 1,000 populations, nearly all of it this process'.
 */
export async function readFleet(options: {
  redis: Redis;
  keys: Keys;
  queues: QueueReader;
}): Promise<FleetReading> {
  const { redis, keys, queues } = options;
  const [people, facts, ofQueues, spend, scopes] = await Promise.all([
    readPopulations(redis, keys),
    readRedisFacts(redis),
    queues.read(),
    createLedger(redis, keys).spendOf(FLEET_ACCOUNT),
    listScopes(redis, keys),
  ]);
  return { ...people, redis: facts, queues: ofQueues, spend, scopes };
}
