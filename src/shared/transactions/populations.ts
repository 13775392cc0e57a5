import { UserError } from '../errors.ts';
import type { Keys } from '../keys.ts';
import { populationAccount } from '../limits/accounts.ts';
import { type Budget, createLedger, type Spend } from '../limits/ledger.ts';
import { replyText } from '../lua-scripts.ts';
import type { Redis } from '../redis.ts';
import { scriptsOf, unexpectedReply } from './scripts.ts';

/**
 * The populations of one simulation: what a producer defines, watches, pauses, cancels and retries.
 *
 * `status` costs four reads in one round trip whatever the population's size, as the scripts count when they commit.
 */
export interface Populations {
  /** Creates the population or grows it. Never shrinks it. */
  define(definition: PopulationDefinition): Promise<{ outcome: DefineOutcome; extents: number[] }>;
  /** undefined when there is no such population. */
  status(population: string): Promise<PopulationStatus | undefined>;
  ids(): Promise<string[]>;
  pause(population: string, why: PauseReason): Promise<{ paused: boolean; reason: string }>;
  /** Takes a paused or cancelled population up again; anything else stays as it is. */
  resume(population: string): Promise<void>;
  /** Whether its open slots are to be generated: planned or running. */
  isUnderWay(population: string): Promise<boolean>;
  /** Ends a population that is not finished and gives the names of its open slots back. */
  cancel(population: string): Promise<{ cancelled: boolean; status: string; released: number }>;
  /** Opens failed slots again; returns how many. */
  reopen(population: string): Promise<number>;
  /**
   * Forgets the population: its results, its names, everything but how many people it had, which totals go on counting. Not
   * atomic; repeat it after a crash.
   */
  forget(population: string): Promise<void>;
  /** How many people populations had that are forgotten. */
  forgotten(): Promise<ForgottenPeople>;
  /** The encoded factory state under its digest: the other half of the claim check. */
  state(digest: string): Promise<string | undefined>;
  failures(population: string): AsyncGenerator<Failure>;
}

/** Why a population is paused: a short code from a closed set (a metrics label), and the line for people. */
export interface PauseReason {
  readonly code: string;
  readonly message: string;
}

export interface PopulationDefinition {
  readonly id: string;
  /** Slots the caller wants. */
  readonly size: number;
  /** The encoded complete state for a given division into extents, with its digest. */
  encode(extents: readonly number[]): { state: string; digest: string };
  /** Kept beside the population for people: spec name, model, seed, ... */
  readonly labels: Readonly<Record<string, string>>;
}

export type DefineOutcome = 'created' | 'grown' | 'unchanged';

export const PopulationState = {
  planned: 'planned',
  running: 'running',
  paused: 'paused',
  complete: 'complete',
  partial: 'partial',
  cancelled: 'cancelled',
} as const;
export type PopulationState = (typeof PopulationState)[keyof typeof PopulationState];

/** A population as it stands, with what its calls took so far. */
export interface PopulationStatus extends Spend {
  readonly population: string;
  readonly simulation: string;
  readonly state: PopulationState;
  /** Why it is paused; empty otherwise. */
  readonly reason: string;
  /** The same as a short code from a closed set; empty otherwise. */
  readonly reasonCode: string;
  readonly size: number;
  readonly extents: readonly number[];
  readonly stateDigest: string;
  readonly committed: number;
  readonly failed: number;
  readonly failedByReason: Readonly<Record<string, number>>;
  /** Of the committed, those whose results have left Redis for a file; see `export --prune`. */
  readonly pruned: number;
  /** The file that has them; absent while nobody is pruned. */
  readonly prunedTo?: string;
  /** When somebody was committed last, by Redis' clock, to the second; undefined before the first, and for imports. */
  readonly lastCommitMs: number | undefined;
  /** What it may spend. */
  readonly budget: Budget;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ForgottenPeople {
  readonly committed: number;
  /** Of the committed. */
  readonly pruned: number;
}

export interface Failure {
  readonly slot: number;
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
}

const REOPEN_BATCH = 500;
const UNLINK_BATCH = 500;

export function createPopulations(redis: Redis, keys: Keys, simulation: string): Populations {
  const scripts = scriptsOf(redis);
  const simulationKeys = keys.simulation(simulation);
  const ledger = createLedger(redis, keys);

  const populations: Populations = {
    async define({ id, size, encode, labels }) {
      const key = simulationKeys.population(id);
      await redis.sadd(keys.simulations, simulation);
      for (;;) {
        const [storedSize, storedExtents] = await redis.hmget(key.meta, 'size', 'extents');
        const known = Number(storedSize ?? 0);
        const before: number[] = storedExtents ? JSON.parse(storedExtents) : [];
        const extents = size > known ? [...before, size - known] : before;
        const { state, digest } = encode(extents);
        const [code] = await scripts.definePopulation(
          [key.meta, simulationKeys.states, simulationKeys.populations],
          [
            id,
            storedSize ?? '',
            Math.max(size, known),
            JSON.stringify(extents),
            digest,
            state,
            ...Object.entries({ ...labels, createdAt: new Date().toISOString() }).flatMap(
              ([field, value]) => [`label:${field}`, value],
            ),
          ],
        );
        switch (code) {
          case 'created':
          case 'grown':
          case 'unchanged':
            return { outcome: code, extents };
          case 'conflict':
            continue; // another producer changed the size between our two steps: look again
          default:
            throw unexpectedReply('definePopulation', code);
        }
      }
    },

    async status(population) {
      const key = simulationKeys.population(population);
      const account = populationAccount(simulation, population);
      const [meta, counters, spend, budget] = await Promise.all([
        redis.hgetall(key.meta),
        redis.hgetall(key.counters),
        ledger.spendOf(account),
        ledger.budgetOf(account),
      ]);
      if (meta.size === undefined) return undefined;
      return { ...describeStatus(simulation, population, meta, counters), ...spend, budget };
    },

    async ids() {
      return (await redis.smembers(simulationKeys.populations)).sort();
    },

    async pause(population, { code: reasonCode, message }) {
      const [code, detail] = await scripts.pausePopulation(
        [simulationKeys.population(population).meta],
        [message, reasonCode],
      );
      if (code === 'paused') return { paused: true, reason: replyText(detail) };
      if (code === 'not-running' || code === 'unknown-population') return { paused: false, reason: '' };
      throw unexpectedReply('pausePopulation', code);
    },

    async resume(population) {
      const [code] = await scripts.resumePopulation([simulationKeys.population(population).meta], []);
      if (code === 'unknown-population') throw unknownPopulation(simulation, population);
      if (code !== 'resumed' && code !== 'unchanged') throw unexpectedReply('resumePopulation', code);
    },

    async isUnderWay(population) {
      const state = await redis.hget(simulationKeys.population(population).meta, 'status');
      return state === PopulationState.planned || state === PopulationState.running;
    },

    async cancel(population) {
      const key = simulationKeys.population(population);
      const [code, detail] = await scripts.release(
        [key.meta, simulationKeys.names, key.reservations, key.attempts],
        [population, 'cancel'],
      );
      switch (code) {
        case 'released':
          return { cancelled: true, status: PopulationState.cancelled, released: Number(detail) };
        case 'finished':
          return { cancelled: false, status: replyText(detail), released: 0 };
        case 'unknown-population':
          throw unknownPopulation(simulation, population);
        default:
          throw unexpectedReply('release', code);
      }
    },

    async reopen(population) {
      const key = simulationKeys.population(population);
      let reopened = 0;
      let batch: (string | number)[] = [];
      const flush = async () => {
        if (batch.length === 0) return;
        const [code, count] = await scripts.reopen([key.meta, key.failed, key.failures, key.counters], batch);
        if (code === 'unknown-population') throw unknownPopulation(simulation, population);
        if (code !== 'reopened') throw unexpectedReply('reopen', code);
        reopened += Number(count);
        batch = [];
      };
      for await (const { slot, reason } of populations.failures(population)) {
        batch.push(slot, reason);
        if (batch.length >= REOPEN_BATCH * 2) await flush();
      }
      await flush();
      return reopened;
    },

    async forget(population) {
      const key = simulationKeys.population(population);
      await scripts.release(
        [key.meta, simulationKeys.names, key.reservations, key.attempts],
        [population, 'cancel'],
      );
      // Names first: while they stand, the population can still be found and forgotten again.
      await eachNameOf(redis, simulationKeys.names, population, (names) =>
        redis.hdel(simulationKeys.names, ...names),
      );
      const size = Number((await redis.hget(key.meta, 'size')) ?? 0);
      for (let slot = 0; slot < size; slot += 1024 * UNLINK_BATCH) {
        const buckets = Array.from({ length: UNLINK_BATCH }, (_, index) => key.results(slot + index * 1024));
        await redis.unlink(...buckets);
      }
      const [code] = await scripts.forget(
        [
          simulationKeys.forgotten,
          key.counters,
          key.meta,
          key.committed,
          key.failed,
          key.failures,
          key.reservations,
          key.attempts,
          key.outbox,
        ],
        [],
      );
      if (code !== 'forgotten') throw unexpectedReply('forget', code);
      await ledger.forget(populationAccount(simulation, population));
      await redis.srem(simulationKeys.populations, population);
    },

    async forgotten() {
      const [committed, pruned] = await redis.hmget(simulationKeys.forgotten, 'committed', 'pruned');
      return { committed: Number(committed ?? 0), pruned: Number(pruned ?? 0) };
    },

    async state(digest) {
      return (await redis.hget(simulationKeys.states, digest)) ?? undefined;
    },

    async *failures(population) {
      const key = simulationKeys.population(population);
      let cursor = '0';
      do {
        const [next, entries] = await redis.hscan(key.failures, cursor, 'COUNT', 500);
        for (let i = 0; i + 1 < entries.length; i += 2) {
          const record: { reason: string; message: string; attempts: number } = JSON.parse(
            entries[i + 1] ?? '',
          );
          yield { slot: Number(entries[i]), ...record };
        }
        cursor = next;
      } while (cursor !== '0');
    },
  };
  return populations;
}

export function unknownPopulation(simulation: string, population: string): UserError {
  return new UserError(
    `simulation ${simulation} has no population ${population}; \`persona-fleet status\` lists what there is`,
  );
}

function describeStatus(
  simulation: string,
  population: string,
  meta: Record<string, string>,
  counters: Record<string, string>,
): Omit<PopulationStatus, keyof Spend | 'budget'> {
  const counter = (name: string) => Number(counters[name] ?? 0);
  const withPrefix = (record: Record<string, string>, prefix: string) =>
    Object.entries(record).flatMap(([name, value]): [string, string][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    );
  return {
    population,
    simulation,
    state: (meta.status ?? PopulationState.planned) as PopulationState,
    reason: meta.reason ?? '',
    reasonCode: meta.reasonCode ?? '',
    size: Number(meta.size),
    extents: JSON.parse(meta.extents ?? '[]'),
    stateDigest: meta.state ?? '',
    committed: counter('committed'),
    failed: counter('failed'),
    failedByReason: Object.fromEntries(
      withPrefix(counters, 'failed:')
        .map(([reason, value]): [string, number] => [reason, Number(value)])
        .filter(([, value]) => value > 0),
    ),
    pruned: counter('pruned'),
    ...(counter('pruned') > 0 && meta.prunedTo !== undefined && { prunedTo: meta.prunedTo }),
    lastCommitMs: counters.lastCommitAt === undefined ? undefined : Number(counters.lastCommitAt) * 1_000,
    labels: Object.fromEntries(withPrefix(meta, 'label:')),
  };
}

async function eachNameOf(
  redis: Redis,
  namesKey: string,
  population: string,
  visit: (names: string[]) => Promise<unknown>,
): Promise<void> {
  let cursor = '0';
  do {
    const [next, entries] = await redis.hscan(namesKey, cursor, 'COUNT', 1000);
    const names: string[] = [];
    for (let i = 0; i + 1 < entries.length; i += 2) {
      if (entries[i + 1]?.startsWith(`${population}/`)) names.push(entries[i] ?? '');
    }
    if (names.length > 0) await visit(names);
    cursor = next;
  } while (cursor !== '0');
}
