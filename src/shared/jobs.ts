import { z } from 'zod';
import { SIMULATED_MODEL } from './config.ts';
import { assertSimulationId } from './keys.ts';
import { planningRequestSchema } from './planning/operations.ts';

/**
 * What travels through the queue. Versioned: a worker fails a job of a later release instead of guessing, and
 * whoever follows the population enqueues its slots again, for a worker that knows them.
 */
const QUEUE_NAME = 'persons';
const SIMULATED_QUEUE_NAME = 'persons-simulated';

/**
 * The queue for a model. Simulated populations have one of their own, which only workers with the simulator behind them
 * serve (those whose OPENAI_MODEL is `simulated-1`): made-up people must never fill a real population's slots.
 */
export function queueNameOf(model: string | null | undefined): string {
  return model === SIMULATED_MODEL ? SIMULATED_QUEUE_NAME : QUEUE_NAME;
}

export const JOB_NAME = 'generate-persons';
/**
 * 2: states may hold what release 0.1 cannot decode. Its workers must not pause a population for it, and fail the job.
 * 3: calls go through the fleet's limits and budgets, of which release 0.2 knows nothing.
 */
export const JOB_VERSION = 3;

const slotNumber = z.int().nonnegative();

export const jobDataSchema = z
  .strictObject({
    version: z.literal([1, 2, JOB_VERSION]),
    simulation: z.string(),
    population: z.string().regex(/^[0-9a-f]{16,64}$/),
    /** The slots `[from, to)` of this shard. */
    slots: z.tuple([slotNumber, slotNumber]),
    /** Digest of the encoded complete factory state: what a worker caches it by. */
    stateDigest: z.string().regex(/^[0-9a-f]{16,64}$/),
    /** The encoded state itself, or nothing: then it lies in Redis under its digest. */
    state: z.string().optional(),
  })
  .refine(({ slots: [from, to] }) => from < to, 'a shard holds at least one slot');
export type JobData = z.infer<typeof jobDataSchema>;

/** A job's return value: a small reference. The counters and bitmaps in the cache are the ledger, not this. */
export interface JobResult {
  readonly committed: number;
  readonly replayed: number;
  readonly failed: number;
  /** Slots left open because the population was paused or cancelled. */
  readonly left: number;
}

/**
 * The same shard has the same id whoever enqueues it and however often, so that enqueuing twice enqueues once.
 * BullMQ allows no ":" in an id, and none that is all digits.
 */
export function jobId(simulation: string, population: string, [from, to]: readonly [number, number]): string {
  assertSimulationId(simulation);
  return `${simulation}-${population}-${from}-${to}`;
}

/** Questions to the model that come before a population; in the queue of the model that is asked. */
export const PLANNING_JOB_NAME = 'plan';
/** 2: as with the persons' third. */
export const PLANNING_JOB_VERSION = 2;

export const planningJobDataSchema = z.strictObject({
  version: z.literal([1, PLANNING_JOB_VERSION]),
  simulation: z.string(),
  request: planningRequestSchema,
});
export type PlanningJobData = z.infer<typeof planningJobDataSchema>;

/** A planning job's return value. The result lies in the transaction cache, a failure beside it. */
export interface PlanningJobResult {
  readonly outcome: 'recorded' | 'replayed' | 'failed';
}

/** The same question has the same id whoever asks it, so that all who wait for it wait for one job. */
export function planningJobId(simulation: string, eventKey: string): string {
  assertSimulationId(simulation);
  return `${simulation}-plan-${eventKey}`;
}
