import type { Keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis.ts';
import type { PopulationStatus } from '../../shared/transactions/populations.ts';

/** A population and what its bitmaps say. */
export interface CheckedPopulation {
  readonly status: PopulationStatus;
  isCommitted(slot: number): boolean;
  isFailed(slot: number): boolean;
}

export interface CheckedSimulation {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly simulation: string;
  readonly populations: ReadonlyMap<string, CheckedPopulation>;
}
