import { type Job, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { z } from 'zod';
import { explain } from '../shared/errors.ts';
import {
  type JobData,
  type JobResult,
  jobDataSchema,
  PLANNING_JOB_NAME,
  type PlanningJobData,
  type PlanningJobResult,
  planningJobDataSchema,
} from '../shared/jobs.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { openQueueConnection } from '../shared/redis.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import type { Tracing } from '../shared/telemetry/tracing.ts';

/** Handing jobs back and closing take milliseconds, unless Redis is unreachable. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Thrown by a job's work when it stopped because this process is stopping: the job goes back to the queue. */
export class JobReturnedError extends Error {
  override readonly name = 'JobReturnedError';
}

export interface BullWorkerOptions {
  readonly redisUrl: string;
  readonly queueName: string;
  readonly queuePrefix: string;
  readonly lockDurationMs: number;
  readonly stalledIntervalMs: number;
  /** People this process generates at once; decides how many jobs it holds. */
  readonly concurrency: number;
  /** How long `stop()` waits for the work in progress; Redis may be unreachable, and then it never ends. */
  readonly workTimeoutMs: number;
  readonly metrics: WorkerMetrics;
  readonly tracing: Pick<Tracing, 'jobTelemetry'>;
  readonly logger: Logger;
  /** Does a job of people. `lockLost` aborts when the job belongs to another worker by now. */
  readonly work: (data: JobData, lockLost: AbortSignal) => Promise<JobResult>;
  /** Does a planning job. */
  readonly plan: (data: PlanningJobData, lockLost: AbortSignal) => Promise<PlanningJobResult>;
}

/**
 * The one file that speaks BullMQ on the worker's side: takes jobs, translates errors, keeps locks honest.
 *
 * `stop()` takes no further job, waits until the work of the jobs held has returned (ending it early is the
 * caller's part), and closes; jobs that threw JobReturnedError are waiting again, with no attempt spent. It never
 * rejects, and is bounded by `workTimeoutMs` and 2 s.
 */
export function startBullWorker(options: BullWorkerOptions): Stoppable {
  const { metrics, logger, concurrency } = options;
  const active = new Set<Promise<unknown>>();
  const begin = (job: Job<unknown>, lockLost: AbortSignal): Promise<JobResult | PlanningJobResult> => {
    if (job.name === PLANNING_JOB_NAME) return options.plan(parseJob(job, planningJobDataSchema), lockLost);
    const data = parseJob(job, jobDataSchema);
    worker.concurrency = jobsHeld(concurrency, data);
    return options.work(data, lockLost);
  };
  const connection = openQueueConnection(options.redisUrl, 'patient');
  const worker = new Worker<unknown, JobResult | PlanningJobResult>(
    options.queueName,
    // Declared with exactly these three parameters: BullMQ checks the arity before it passes the signal.
    async (job, token, signal) => {
      const work = begin(job, signal ?? new AbortController().signal);
      active.add(work);
      try {
        const result = await work;
        metrics.jobs.inc({ outcome: 'completed' });
        logger.debug({ job: job.id, ...result }, 'job completed');
        return result;
      } catch (error) {
        if (error instanceof JobReturnedError && token !== undefined) {
          await job.moveToWait(token);
          metrics.jobs.inc({ outcome: 'returned' });
          logger.info({ job: job.id }, 'job returned to the queue');
          throw new WaitingError();
        }
        metrics.jobs.inc({ outcome: 'failed' });
        logger.error({ job: job.id, error: explain(error) }, 'job failed');
        throw error;
      } finally {
        active.delete(work);
      }
    },
    {
      connection: connection.redis,
      prefix: options.queuePrefix,
      ...(options.tracing.jobTelemetry === undefined ? {} : { telemetry: options.tracing.jobTelemetry }),
      concurrency,
      lockDuration: options.lockDurationMs,
      stalledInterval: options.stalledIntervalMs,
      // A stall says that a worker died, not that the job is bad, and BullMQ never resets the count: two deploys by
      // SIGKILL would fail a good job. Slots have a durable cap of their own (`attempts`).
      maxStalledCount: 1_000_000,
    },
  );
  worker.on('error', (error) => logger.warn({ error: explain(error) }, 'queue connection'));
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const id of jobIds) {
      metrics.locksLost.inc();
      logger.warn({ job: id }, 'job lock lost: aborting its calls here');
      worker.cancelJob(id);
    }
  });

  return stoppable({}, async () => {
    await worker.pause(true);
    // Not close() first: it hangs while Redis is unreachable, and a second close(true) would only wait for it.
    const ended = await settlesWithin(Promise.allSettled(active), options.workTimeoutMs);
    if (!(await settlesWithin(worker.close(!ended), CLOSE_TIMEOUT_MS))) {
      logger.warn('Redis did not answer while closing; the jobs held here run again when their locks expire');
    }
    connection.close();
  });
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  try {
    await withDeadline(promise, timeoutMs, 'too late');
    return true;
  } catch {
    return false;
  }
}

/** Enough jobs to keep every place busy while one job runs dry, and no more: what one worker holds, others cannot take. */
function jobsHeld(concurrency: number, { slots: [from, to] }: JobData): number {
  return Math.ceil(concurrency / (to - from)) + 1;
}

function parseJob<T>(job: Job<unknown>, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(job.data);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new UnrecoverableError(`job ${job.id} is not one this release knows: ${places}`);
}
