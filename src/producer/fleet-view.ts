import type { Keys } from '../shared/keys.ts';
import { liftScopePauses, listScopes, type ScopeStatus } from '../shared/limits/scopes.ts';
import type { Redis } from '../shared/redis.ts';

/** The fleet's limits at one moment. */
export interface FleetView {
  /** By Redis' clock, as all times of the scopes are. */
  readonly nowMs: number;
  /** One for each provider, key and model that is in use; see `listScopes`. */
  readonly scopes: readonly ScopeStatus[];
}

export async function viewFleet(redis: Redis, keys: Keys): Promise<FleetView> {
  const [scopes, [seconds]] = await Promise.all([listScopes(redis, keys), redis.time()]);
  return { nowMs: Number(seconds) * 1_000, scopes };
}

/**
 * Lifts what pauses the fleet, and returns what that was. A wait that a provider asked for is not to be cut short by everybody
 * who begins something.
 */
export function liftPauses(redis: Redis, keys: Keys): Promise<readonly ScopeStatus[]> {
  return liftScopePauses(redis, keys);
}
