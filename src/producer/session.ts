import type { Config } from '../shared/config.ts';
import { UserError } from '../shared/errors.ts';
import type { TinyPersonFactoryState } from '../shared/factory/person-factory-state.ts';
import { decodePersonFactoryState } from '../shared/factory/person-factory-state.ts';
import type { SlotRange } from '../shared/factory/slot-claims.ts';
import { queueNameOf } from '../shared/jobs.ts';
import type { Keys } from '../shared/keys.ts';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import {
  type PlanningArguments,
  type PlanningOperation,
  type PlanningRequest,
  type PlanningResults,
  parsePlanningRequest,
} from '../shared/planning/operations.ts';
import type { Redis } from '../shared/redis.ts';
import { openTracing, type Tracing } from '../shared/telemetry/tracing.ts';
import { createCallTransactions } from '../shared/transactions/call-transactions.ts';
import { isImport } from '../shared/transactions/imports.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import {
  createPopulations,
  type Populations,
  unknownPopulation,
} from '../shared/transactions/populations.ts';
import { createResults, type Results } from '../shared/transactions/results.ts';
import { createTransactionalCache, eventKeyOf } from '../shared/transactions/transactional.ts';
import { awaitTransaction, type Waiting } from './await-transaction.ts';
import { enqueueOpenShards } from './enqueue.ts';
import { type FleetView, liftPauses, viewFleet } from './fleet-view.ts';
import { followPopulation } from './follow.ts';
import { type JobQueue, openJobQueue, type PlanningQueue } from './job-queue.ts';
import { type PlannedPopulation, planPopulation } from './plan-population.ts';
import { createSpecBudgets, type SpecBudgets } from './spec-budget.ts';

const POLL_MS = 200;

/**
 * A producer's view of one simulation: plan, enqueue, follow, retry. What the commands and the library have in common.
 * It never talks to the model.
 */
export interface ProducerSession extends Stoppable {
  readonly populations: Populations;
  resultsOf(population: string): Results;
  plan(state: TinyPersonFactoryState): Promise<PlannedPopulation>;
  /** A population that exists, as it was planned. Throws UserError for an unknown one, and for one that was imported. */
  planned(population: string): Promise<PlannedPopulation>;
  /** Enqueues (again) what is open of the wanted slots; see `enqueueOpenShards`. */
  enqueue(planned: PlannedPopulation, wanted: SlotRange): Promise<{ shards: number; openSlots: number }>;
  /** Workers that serve the population's queue. */
  workers(planned: Pick<PlannedPopulation, 'queueName'>): Promise<number>;
  /**
   * The answer to a question that a worker puts to the model: from the transaction cache, else from one job, waited for; see
   * `awaitTransaction`. Throws UserError for arguments that are out of range.
   */
  transaction<Operation extends PlanningOperation>(
    operation: Operation,
    args: PlanningArguments[Operation],
    waiting: Waiting,
  ): Promise<PlanningResults[Operation]>;
  status(population: string): Promise<PopulationStatus>;
  readonly specBudgets: SpecBudgets;
  /** Lifts what pauses the fleet (quota, credentials); see `liftPauses`. */
  resumeFleet(): Promise<unknown>;
  fleet(): Promise<FleetView>;
  /**
   * Follows until the wanted slots are settled, nothing moves any more, or the signal aborts; enqueues again what no job
   * will finish.
   */
  follow(planned: PlannedPopulation, options: FollowOptions): Promise<PopulationStatus>;
}

export interface FollowOptions {
  readonly wanted: SlotRange;
  readonly onUpdate: (status: PopulationStatus) => void;
  /** Time between two looks; 200 ms by default. */
  readonly pollMs?: number | undefined;
  readonly signal: AbortSignal;
}

export function openProducerSession(options: {
  redis: Redis;
  redisUrl: string;
  keys: Keys;
  config: Config;
  simulation: string;
  /** A line to the person: that traces cannot be delivered. */
  announce?: (line: string) => void;
}): ProducerSession {
  const { redis, redisUrl, keys, config, simulation, announce = () => {} } = options;
  const populations = createPopulations(redis, keys, simulation);
  let opened: Promise<Tracing> | undefined;
  const tracing = () => {
    opened ??= openTracing({
      url: config.PERSONA_FLEET_TRACES_URL,
      share: config.PERSONA_FLEET_TRACES_SHARE,
      service: 'persona-fleet-producer',
      onFault: announce,
    });
    return opened;
  };
  const queues = new Map<string, Promise<JobQueue & PlanningQueue>>();
  const openQueue = async (queueName: string) =>
    openJobQueue({
      redisUrl,
      queueName,
      queuePrefix: keys.queuePrefix,
      purpose: 'patient',
      // Errors of a call reach its caller; these are reconnections, and show as progress that stands still.
      onError: () => {},
      tracing: await tracing(),
    });
  const queueOf = ({ queueName }: Pick<PlannedPopulation, 'queueName'>) => {
    const queue = queues.get(queueName) ?? openQueue(queueName);
    queues.set(queueName, queue);
    return queue;
  };
  const resultsOf = (population: string) => createResults(redis, keys, simulation, population);

  const session: Omit<ProducerSession, keyof Stoppable> = {
    populations,
    specBudgets: createSpecBudgets(redis, keys, simulation),
    resultsOf,
    plan: (state) => planPopulation(state, populations, simulation),
    async planned(population) {
      const status = await session.status(population);
      if (isImport(status)) {
        throw new UserError(
          `population ${population} holds imported people, all of them committed: there is nothing to generate, retry or watch`,
        );
      }
      const encoded = await populations.state(status.stateDigest);
      if (encoded === undefined) throw unknownPopulation(simulation, population);
      const { size, extents, stateDigest } = status;
      const queueName = queueNameOf(decodePersonFactoryState(encoded).model);
      const outcome = 'unchanged';
      return { simulation, population, outcome, queueName, size, extents, state: encoded, stateDigest };
    },
    enqueue: async (planned, wanted) =>
      enqueueOpenShards(planned, {
        queue: await queueOf(planned),
        results: resultsOf(planned.population),
        shardSize: config.PERSONA_FLEET_SHARD_SIZE,
        inlineStateBytes: config.PERSONA_FLEET_INLINE_STATE_BYTES,
        wanted,
      }),
    workers: async (planned) => (await queueOf(planned)).workers(),
    async transaction(operation, args, waiting) {
      // The type system cannot follow which arguments belong to which operation through a type parameter.
      const request = parsePlanningRequest({ operation, arguments: args } as PlanningRequest);
      const eventKey = eventKeyOf(operation, request.arguments);
      const queueName = queueNameOf(request.arguments.model);
      const answer = await awaitTransaction({
        what: 'planning',
        eventKey,
        cache: createTransactionalCache(redis, keys, simulation),
        transactions: createCallTransactions(redis, keys, simulation),
        enqueue: async () => (await queueOf({ queueName })).addPlanning({ simulation, eventKey, request }),
        pollMs: POLL_MS,
        reconcileMaxMs: 2 * config.PERSONA_FLEET_LOCK_DURATION_MS,
        now: Date.now,
        ...waiting,
        async beforeAsking() {
          await waiting.beforeAsking?.();
          await session.resumeFleet();
        },
      });
      return answer as PlanningResults[typeof operation];
    },
    async status(population) {
      const status = await populations.status(population);
      if (status === undefined) throw unknownPopulation(simulation, population);
      return status;
    },
    resumeFleet: () => liftPauses(redis, keys),
    fleet: () => viewFleet(redis, keys),
    follow: (planned, { wanted, onUpdate, pollMs = POLL_MS, signal }) =>
      followPopulation({
        status: () => session.status(planned.population),
        settledEarly: async ({ committed, failed }) =>
          wanted.to - wanted.from < planned.size &&
          committed + failed >= wanted.to - wanted.from &&
          (await resultsOf(planned.population).countOpen(wanted)) === 0,
        // A full Redis refuses the jobs; they are tried again at the next look.
        reconcile: () => session.enqueue(planned, wanted).catch(() => {}),
        onUpdate,
        pollMs,
        // A dead worker's jobs come back by themselves once their locks have expired: only then is it worth looking.
        reconcileAfterMs: 2 * config.PERSONA_FLEET_LOCK_DURATION_MS,
        now: Date.now,
        signal,
      }),
  };
  return stoppable(session, async () => {
    // What could not be opened was reported where it was wanted.
    await Promise.allSettled([...queues.values()].map(async (queue) => (await queue).stop()));
    await opened?.then((traces) => traces.stop()).catch(() => {});
  });
}
