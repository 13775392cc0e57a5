import { Queue } from 'bullmq';
import { SIMULATED_MODEL } from '../shared/config.ts';
import { queueNameOf } from '../shared/jobs.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { openQueueConnection } from '../shared/redis.ts';

/** States of jobs that are counted. Those that are completed are not kept. */
export const JobState = {
  waiting: 'waiting',
  prioritized: 'prioritized',
  active: 'active',
  delayed: 'delayed',
  failed: 'failed',
} as const;
export type JobState = (typeof JobState)[keyof typeof JobState];

export interface QueueFacts {
  readonly name: string;
  readonly jobs: Readonly<Record<JobState, number>>;
  /**
   * When the job that is next in line was enqueued, by its producer's clock, or the one that is next by priority, if that was
   * earlier; undefined when none waits.
   */
  readonly nextSinceMs: number | undefined;
  /** undefined where Redis does not list its clients. */
  readonly workers: number | undefined;
}

/** The one file that speaks BullMQ on the exporter's side. It only reads. */
export interface QueueReader extends Stoppable {
  readonly queues: readonly Queue[];
  read(): Promise<QueueFacts[]>;
}

const CLOSE_TIMEOUT_MS = 1_000;

/** Opens all queues there can be. Whoever reads is told within seconds that Redis is gone. */
export function openQueueReader(options: { redisUrl: string; queuePrefix: string }): QueueReader {
  const connection = openQueueConnection(options.redisUrl, 'fail-fast');
  const names = [queueNameOf(undefined), queueNameOf(SIMULATED_MODEL)];
  const queues = names.map((name) => {
    const queue = new Queue(name, {
      connection: connection.redis,
      prefix: options.queuePrefix,
      skipMetasUpdate: true,
    });
    // Whoever reads gets the error of that reading; these are reconnections.
    queue.on('error', () => {});
    return queue;
  });
  return stoppable({ queues, read: () => Promise.all(queues.map(factsOf)) }, async () => {
    const closing = Promise.all(queues.map((queue) => queue.close()));
    await withDeadline(closing, CLOSE_TIMEOUT_MS, 'Redis did not answer').catch(() => {});
    connection.close();
  });
}

async function factsOf(queue: Queue): Promise<QueueFacts> {
  const [counts, [waiting], [prioritized], workers] = await Promise.all([
    queue.getJobCounts(...Object.values(JobState)),
    queue.getWaiting(0, 0),
    queue.getPrioritized(0, 0),
    workersOf(queue),
  ]);
  const count = (state: JobState) => counts[state] ?? 0;
  return {
    name: queue.name,
    jobs: {
      waiting: count('waiting'),
      prioritized: count('prioritized'),
      active: count('active'),
      delayed: count('delayed'),
      failed: count('failed'),
    },
    nextSinceMs: earliest(waiting?.timestamp, prioritized?.timestamp),
    workers,
  };
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

async function workersOf(queue: Queue): Promise<number | undefined> {
  try {
    const workers = await queue.getWorkers();
    const connected = workers.filter(({ addr }) => addr !== undefined);
    // Where the command is refused, BullMQ lists one worker that has nothing but a remark for a name.
    return connected.length === 0 && workers.length > 0 ? undefined : connected.length;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
