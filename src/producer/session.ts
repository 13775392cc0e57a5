import type { Redis } from 'ioredis';
import type { Config } from '../shared/config.ts';
import type { TinyPersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { decodePersonFactoryState } from '../shared/factory/person-factory-state.ts';
import type { SlotRange } from '../shared/factory/slot-claims.ts';
import { queueNameOf } from '../shared/jobs.ts';
import type { Keys } from '../shared/keys.ts';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import {
  createPopulations,
  type Populations,
  unknownPopulation,
} from '../shared/transactions/populations.ts';
import { createResults, type Results } from '../shared/transactions/results.ts';
import { enqueueOpenShards } from './enqueue.ts';
import { followPopulation } from './follow.ts';
import { type JobQueue, openJobQueue } from './job-queue.ts';
import { type PlannedPopulation, planPopulation } from './plan-population.ts';

const POLL_MS = 200;

/**
 * A producer's view of one simulation: plan, enqueue, follow, retry. What the commands and the library have in common.
 * It never talks to the model.
 */
export interface ProducerSession extends Stoppable {
  readonly populations: Populations;
  resultsOf(population: string): Results;
  plan(state: TinyPersonFactoryState): Promise<PlannedPopulation>;
  /** A population that exists, as it was planned. Throws UserError for an unknown one. */
  planned(population: string): Promise<PlannedPopulation>;
  /** Enqueues (again) what is open of the wanted slots; see `enqueueOpenShards`. */
  enqueue(planned: PlannedPopulation, wanted: SlotRange): Promise<{ shards: number; openSlots: number }>;
  /** Workers that serve the population's queue. */
  workers(planned: PlannedPopulation): Promise<number>;
  status(population: string): Promise<PopulationStatus>;
  /**
   * Follows until the wanted slots are settled, nothing moves any more, or the signal aborts; enqueues again what no job
   * will finish.
   */
  follow(planned: PlannedPopulation, options: FollowOptions): Promise<PopulationStatus>;
}

export interface FollowOptions {
  readonly wanted: SlotRange;
  readonly onUpdate: (status: PopulationStatus) => void;
  readonly signal: AbortSignal;
}

export function openProducerSession(options: {
  redis: Redis;
  redisUrl: string;
  keys: Keys;
  config: Config;
  simulation: string;
}): ProducerSession {
  const { redis, redisUrl, keys, config, simulation } = options;
  const populations = createPopulations(redis, keys, simulation);
  const queues = new Map<string, JobQueue>();
  const queueOf = ({ queueName }: PlannedPopulation): JobQueue => {
    let queue = queues.get(queueName);
    if (queue === undefined) {
      queue = openJobQueue({
        redisUrl,
        queueName,
        queuePrefix: keys.queuePrefix,
        purpose: 'patient',
        // Errors of a call reach its caller; these are reconnections, and show as progress that stands still.
        onError: () => {},
      });
      queues.set(queueName, queue);
    }
    return queue;
  };
  const resultsOf = (population: string) => createResults(redis, keys, simulation, population);

  const session: Omit<ProducerSession, keyof Stoppable> = {
    populations,
    resultsOf,
    plan: (state) => planPopulation(state, populations, simulation),
    async planned(population) {
      const status = await session.status(population);
      const encoded = await populations.state(status.stateDigest);
      if (encoded === undefined) throw unknownPopulation(simulation, population);
      const { size, extents, stateDigest } = status;
      const queueName = queueNameOf(decodePersonFactoryState(encoded).model);
      const outcome = 'unchanged';
      return { simulation, population, outcome, queueName, size, extents, state: encoded, stateDigest };
    },
    enqueue: (planned, wanted) =>
      enqueueOpenShards(planned, {
        queue: queueOf(planned),
        results: resultsOf(planned.population),
        shardSize: config.PERSONA_FLEET_SHARD_SIZE,
        inlineStateBytes: config.PERSONA_FLEET_INLINE_STATE_BYTES,
        wanted,
      }),
    workers: (planned) => queueOf(planned).workers(),
    async status(population) {
      const status = await populations.status(population);
      if (status === undefined) throw unknownPopulation(simulation, population);
      return status;
    },
    follow: (planned, { wanted, onUpdate, signal }) =>
      followPopulation({
        status: () => session.status(planned.population),
        settledEarly: async ({ committed, failed }) =>
          wanted.to - wanted.from < planned.size &&
          committed + failed >= wanted.to - wanted.from &&
          (await resultsOf(planned.population).countOpen(wanted)) === 0,
        // A full Redis refuses the jobs; they are tried again at the next look.
        reconcile: () => session.enqueue(planned, wanted).catch(() => {}),
        onUpdate,
        pollMs: POLL_MS,
        // A dead worker's jobs come back by themselves once their locks have expired: only then is it worth looking.
        reconcileAfterMs: 2 * config.PERSONA_FLEET_LOCK_DURATION_MS,
        now: Date.now,
        signal,
      }),
  };
  return stoppable(session, async () => {
    await Promise.all([...queues.values()].map((queue) => queue.stop()));
  });
}
