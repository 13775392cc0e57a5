import { UserError } from './errors.ts';

/**
 * Every Redis key, from one prefix.
 *
 * One hash tag per simulation, so that every multi-key script stays on one Redis Cluster slot. BullMQ has a tag
 * of its own (`queuePrefix`). Results lie in hashes of 1,024 slots, so that no key grows with the population and
 * an export reads one hash after another.
 */
export const RESULT_BUCKET_BITS = 10;

export interface PopulationKeys {
  readonly meta: string;
  readonly counters: string;
  readonly committed: string;
  readonly failed: string;
  readonly failures: string;
  readonly reservations: string;
  readonly attempts: string;
  /** The process that writes the people to a file and prunes them; expires. */
  readonly outbox: string;
  results(slot: number): string;
}

export interface SimulationKeys {
  readonly names: string;
  readonly populations: string;
  readonly states: string;
  readonly transactions: string;
  readonly transactionFailures: string;
  readonly transactionAttempts: string;
  readonly transactionCounters: string;
  /** Hash: what populations had committed and pruned that are forgotten, so that totals never fall. */
  readonly forgotten: string;
  population(id: string): PopulationKeys;
}

/** All under one hash tag: a call is let through by one script that sees its rate, its budget and the fleet's. */
export interface LimitKeys {
  /** Hash: what every account has spent, holds and may spend. */
  readonly ledger: string;
  /** Hash: rate scope → what it is, as JSON for people. */
  readonly scopes: string;
  /** Hash: endpoint and model → what was learnt of how to ask it, as JSON. */
  readonly capabilities: string;
  scope(id: string): RateScopeKeys;
}

/** One provider's limits for one model and one key; see `limits/rate-scope.ts`. */
export interface RateScopeKeys {
  /** Hash: windows, limits, pause, waiting time. */
  readonly state: string;
  /** Sorted set: calls that wait, in the order in which they came. */
  readonly queue: string;
  /** Hash: what each waiting call needs. */
  readonly tickets: string;
  /** Hash: what each call in flight holds. */
  readonly holds: string;
  /** Sorted set: calls in flight by the time at which they are given up. */
  readonly deadlines: string;
  /** Sorted set: processes by the time at which they were last heard of. */
  readonly processes: string;
}

export interface Keys {
  /** BullMQ's `prefix` option. */
  readonly queuePrefix: string;
  /** A set of the simulations' ids. */
  readonly simulations: string;
  /** Rate budget and spending, of all simulations together. */
  readonly limits: LimitKeys;
  simulation(id: string): SimulationKeys;
}

const SIMULATION_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A simulation id becomes part of a key and of its hash tag: refuses anything but 1 to 64 plain characters. */
export function assertSimulationId(id: string): void {
  if (!SIMULATION_ID.test(id)) {
    throw new UserError(
      `simulation: expected 1 to 64 letters, digits, ".", "_" or "-", got ${JSON.stringify(id)}`,
    );
  }
}

export function createKeys(prefix: string): Keys {
  return {
    queuePrefix: `{${prefix}:queue}`,
    simulations: `${prefix}:simulations`,
    limits: limitKeys(`{${prefix}:limits}`),
    simulation(id) {
      assertSimulationId(id);
      const base = `${prefix}:{${id}}`;
      return {
        names: `${base}:names`,
        populations: `${base}:populations`,
        states: `${base}:states`,
        transactions: `${base}:transactions`,
        transactionFailures: `${base}:transactions:failures`,
        transactionAttempts: `${base}:transactions:attempts`,
        transactionCounters: `${base}:transactions:counters`,
        forgotten: `${base}:forgotten`,
        population: (population) => populationKeys(`${base}:p:${population}`),
      };
    },
  };
}

function limitKeys(base: string): LimitKeys {
  return {
    ledger: `${base}:ledger`,
    scopes: `${base}:scopes`,
    capabilities: `${base}:capabilities`,
    scope: (id) => ({
      state: `${base}:scope:${id}`,
      queue: `${base}:scope:${id}:queue`,
      tickets: `${base}:scope:${id}:tickets`,
      holds: `${base}:scope:${id}:holds`,
      deadlines: `${base}:scope:${id}:deadlines`,
      processes: `${base}:scope:${id}:processes`,
    }),
  };
}

function populationKeys(base: string): PopulationKeys {
  return {
    meta: `${base}:meta`,
    counters: `${base}:counters`,
    committed: `${base}:committed`,
    failed: `${base}:failed`,
    failures: `${base}:failures`,
    reservations: `${base}:reservations`,
    attempts: `${base}:attempts`,
    outbox: `${base}:outbox`,
    results: (slot) => `${base}:results:${slot >> RESULT_BUCKET_BITS}`,
  };
}
