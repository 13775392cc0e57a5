import { Queue } from 'bullmq';
import { explain } from '../shared/errors.ts';
import { JOB_NAME, JOB_VERSION, type JobData, jobId } from '../shared/jobs.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { type ConnectionPurpose, redisOptions } from '../shared/redis.ts';
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
}): JobQueue {
  const queue = new Queue<JobData>(options.queueName, {
    connection: { url: options.redisUrl, ...redisOptions(options.purpose), enableAutoPipelining: false },
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

  return stoppable(
    {
      async add(template, shards) {
        let batch: Parameters<typeof queue.addBulk>[0] = [];
        const flush = async () => {
          if (batch.length > 0) await queue.addBulk(batch);
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

      async removeFailed({ simulation, population }) {
        for (const job of await queue.getFailed(0, FAILED_JOBS_KEPT)) {
          if (job.data.simulation !== simulation || job.data.population !== population) continue;
          // Locked: another producer had it retried a moment ago, and it is being worked on.
          await job.remove().catch((error: unknown) => {
            if (!/locked/.test(explain(error))) throw error;
          });
        }
      },

      async liveJobs() {
        const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
        return Object.values(counts).reduce((a, b) => a + b, 0);
      },

      async workers() {
        return (await queue.getWorkersCount()) ?? 0;
      },
    } satisfies Omit<JobQueue, keyof Stoppable>,
    async () => {
      await withDeadline(queue.close(), CLOSE_TIMEOUT_MS, 'Redis did not answer').catch(() =>
        queue.disconnect(),
      );
    },
  );
}
