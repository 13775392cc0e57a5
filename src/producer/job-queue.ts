import { type Job, Queue } from 'bullmq';
import { explain } from '../shared/errors.ts';
import {
  JOB_NAME,
  JOB_VERSION,
  type JobData,
  jobId,
  PLANNING_JOB_NAME,
  PLANNING_JOB_VERSION,
  type PlanningJobData,
  planningJobId,
} from '../shared/jobs.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import type { PlanningRequest } from '../shared/planning/operations.ts';
import { type ConnectionPurpose, openQueueConnection } from '../shared/redis.ts';
import { noTracing, type Tracing } from '../shared/telemetry/tracing.ts';
import type { Shard } from './shards.ts';

/** What the jobs of one population have in common. */
export interface JobTemplate {
  readonly simulation: string;
  readonly population: string;
  readonly stateDigest: string;
  /** The encoded state where it is to travel in the job. */
  readonly state?: string | undefined;
}

/** The one file that speaks BullMQ on the producer's side. */
export interface JobQueue extends Stoppable {
  /**
   * Adds a job per shard; a shard whose job is still in the queue or being worked on is not added again. Safe to
   * repeat after an error: what was added stays, and is not added twice.
   */
  add(template: JobTemplate, shards: Iterable<Shard>): Promise<void>;
  /** Takes the population's failed jobs off the queue, so that their shards can be added again. */
  removeFailed(population: { simulation: string; population: string }): Promise<void>;
  /** Jobs that are waiting or being worked on, of all populations. */
  liveJobs(): Promise<number>;
  /** Workers connected to the queue. */
  workers(): Promise<number>;
}

/** The same queue for questions to the model that come before a population. */
export interface PlanningQueue {
  /**
   * Adds the job of a planning request ahead of all that wait, as somebody waits for it before there is a population. Not when
   * it is in the queue or being worked on; one that failed makes way for the new one.
   */
  addPlanning(planning: { simulation: string; eventKey: string; request: PlanningRequest }): Promise<void>;
}

/** One addBulk: large enough to save round trips, small enough not to block Redis for more than some 50 ms. */
const JOBS_AT_ONCE = 1_000;
const FAILED_JOBS_KEPT = 1_000;
const CLOSE_TIMEOUT_MS = 2_000;

export function openJobQueue(options: {
  redisUrl: string;
  queueName: string;
  queuePrefix: string;
  purpose: ConnectionPurpose;
  onError: (error: Error) => void;
  tracing?: Pick<Tracing, 'enqueue'>;
}): JobQueue & PlanningQueue {
  const connection = openQueueConnection(options.redisUrl, options.purpose);
  const queue = new Queue<JobData | PlanningJobData>(options.queueName, {
    connection: connection.redis,
    prefix: options.queuePrefix,
    defaultJobOptions: {
      attempts: 3,
      backoff: { type: 'exponential', delay: 1_000 },
      removeOnComplete: true,
      removeOnFail: { count: FAILED_JOBS_KEPT },
      sizeLimit: 1_048_576,
    },
  });
  queue.on('error', options.onError);
  const { tracing = noTracing } = options;
  const put = (jobs: Parameters<typeof queue.addBulk>[0]) =>
    tracing.enqueue(options.queueName, jobs, (traced) => queue.addBulk(traced));

  return stoppable(
    {
      async add(template, shards) {
        let batch: Parameters<typeof queue.addBulk>[0] = [];
        const flush = async () => {
          if (batch.length > 0) await put(batch);
          batch = [];
        };
        for (const shard of shards) {
          batch.push({
            name: JOB_NAME,
            data: { version: JOB_VERSION, ...template, slots: [shard[0], shard[1]] },
            opts: { jobId: jobId(template.simulation, template.population, shard) },
          });
          if (batch.length >= JOBS_AT_ONCE) await flush();
        }
        await flush();
      },

      async addPlanning({ simulation, eventKey, request }) {
        const id = planningJobId(simulation, eventKey);
        const present = await queue.getJob(id);
        if (present !== undefined && (await present.isFailed())) await removeUnlocked(present);
        const data: PlanningJobData = { version: PLANNING_JOB_VERSION, simulation, request };
        await put([{ name: PLANNING_JOB_NAME, data, opts: { jobId: id, lifo: true } }]);
      },

      async removeFailed({ simulation, population }) {
        for (const job of await queue.getFailed(0, FAILED_JOBS_KEPT)) {
          const { data } = job;
          if (!('population' in data) || data.simulation !== simulation || data.population !== population) {
            continue;
          }
          await removeUnlocked(job);
        }
      },

      async liveJobs() {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
        return Object.values(counts).reduce((a, b) => a + b, 0);
      },

      async workers() {
        return (await queue.getWorkersCount()) ?? 0;
      },
    } satisfies Omit<JobQueue & PlanningQueue, keyof Stoppable>,
    async () => {
      await withDeadline(queue.close(), CLOSE_TIMEOUT_MS, 'Redis did not answer').catch(() => {});
      connection.close();
    },
  );
}

/** Locked: another producer had it retried a moment ago, and it is being worked on. */
async function removeUnlocked(job: Job): Promise<void> {
  await job.remove().catch((error: unknown) => {
    if (!/locked/.test(explain(error))) throw error;
  });
}
