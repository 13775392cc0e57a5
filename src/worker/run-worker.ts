import pLimit from 'p-limit';
import type { Config } from '../shared/config.ts';
import { DEFAULT_MODEL } from '../shared/config.ts';
import { explain, UserError } from '../shared/errors.ts';
import { createPromptRenderer } from '../shared/factory/render-prompt.ts';
import type { JobData, JobResult } from '../shared/jobs.ts';
import { createKeys } from '../shared/keys.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { connectRedis } from '../shared/redis.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';
import { serveMetrics } from '../shared/telemetry/metrics-server.ts';
import { createPopulations } from '../shared/transactions/populations.ts';
import { createSlotTransactions } from '../shared/transactions/slot-transactions.ts';
import { JobReturnedError, startBullWorker } from './bull-worker.ts';
import { createDecodedPopulations } from './decoded-populations.ts';
import { createModelGateway } from './llm/model-gateway.ts';
import { createProgressWatch } from './progress-watch.ts';
import { generateShard } from './shard.ts';
import { generateSlot } from './slot.ts';

/** After the grace period aborted calls need a moment to unwind and jobs to go back to the queue. */
const UNWIND_TIMEOUT_MS = 3_000;

/**
 * Slots under way for each model call in flight: while one waits for the model, another has its name reserved or its
 * person committed, so that Redis' round trips do not leave a place at the model empty.
 */
const SLOTS_PER_CALL = 2;

export interface RunningWorker extends Stoppable {
  /** Where `/metrics` and `/healthz` are served. */
  readonly metricsPort: number;
}

/**
 * One stateless worker: takes shards from the queue and generates their open slots, with at most
 * `PERSONA_FLEET_CONCURRENCY` model calls in flight over all shards it holds.
 *
 * `stop()`: takes nothing new and begins no further slot; calls in flight may finish within the grace period and are
 * aborted then; unfinished jobs go back to the queue with no attempt lost. Bounded by the grace period and a few
 * seconds, Redis reachable or not. A crash at any point loses no commit and strands no name.
 */
export async function runWorker(options: {
  config: Config;
  redisUrl: string;
  logger: Logger;
  metrics: Metrics;
}): Promise<RunningWorker> {
  const { config, redisUrl, logger, metrics } = options;
  const keys = createKeys(config.PERSONA_FLEET_PREFIX);
  const draining = new AbortController();
  const aborting = new AbortController();
  const limit = pLimit(SLOTS_PER_CALL * config.PERSONA_FLEET_CONCURRENCY);
  const progress = createProgressWatch({
    waitingUntilMs: () => model.waitingUntilMs(),
    stallAfterMs: 2 * config.PERSONA_FLEET_MODEL_TIMEOUT_MS + config.PERSONA_FLEET_BACKOFF_MAX_MS,
    now: Date.now,
  });
  const backoff = {
    baseMs: config.PERSONA_FLEET_BACKOFF_BASE_MS,
    maxMs: config.PERSONA_FLEET_BACKOFF_MAX_MS,
    random: Math.random,
  };
  const populations = createDecodedPopulations({
    defaultModel: config.OPENAI_MODEL ?? DEFAULT_MODEL,
    prompts: createPromptRenderer(),
  });
  const model = createModelGateway({
    apiKey: config.OPENAI_API_KEY ?? '',
    baseUrl: config.OPENAI_BASE_URL,
    concurrency: config.PERSONA_FLEET_CONCURRENCY,
    stopping: draining.signal,
    timeoutMs: config.PERSONA_FLEET_MODEL_TIMEOUT_MS,
    maxCompletionTokens: config.PERSONA_FLEET_MAX_COMPLETION_TOKENS,
    backoff,
    metrics,
  });
  const metricsServer = await serveMetrics({
    host: config.PERSONA_FLEET_METRICS_HOST,
    port: config.PERSONA_FLEET_METRICS_PORT,
    registry: metrics.registry,
    health: progress.health,
  });
  const redis = await connectRedis(redisUrl, 'patient', (error) =>
    logger.warn({ error: explain(error) }, 'Redis connection'),
  ).catch(async (error: unknown) => {
    await metricsServer.stop();
    throw error;
  });

  async function work(data: JobData, lockLost: AbortSignal): Promise<JobResult> {
    const { simulation, population: id, stateDigest } = data;
    const store = createPopulations(redis, keys, simulation);
    const log = logger.child({ simulation, population: id });
    const pause = async (reason: string) => {
      const { paused } = await store.pause(id, reason);
      if (paused) log.error({ reason }, 'population paused');
    };
    try {
      return await generate();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // No worker can do this job until a person has mended it, and only the population's reason reaches that person.
      await pause(error.message);
      const [from, to] = data.slots;
      return { committed: 0, replayed: 0, failed: 0, left: to - from };
    }

    async function generate(): Promise<JobResult> {
      const population = await populations.get(stateDigest, async () => {
        const encoded = data.state ?? (await store.state(stateDigest));
        if (encoded === undefined) {
          throw new UserError(
            `factory state ${stateDigest} of population ${id} is not in Redis; enqueue it again`,
          );
        }
        return encoded;
      });
      const transactions = createSlotTransactions(redis, keys, simulation, id);
      const signal = AbortSignal.any([lockLost, aborting.signal]);
      const [from, to] = data.slots;
      const result = await generateShard({
        from,
        to,
        transactions,
        limit,
        stopping: AbortSignal.any([lockLost, draining.signal]),
        generate: (slot) =>
          progress.track(() =>
            generateSlot(
              slot,
              { population, transactions, model, pause, backoff, metrics, logger: log },
              signal,
            ),
          ),
      });
      if (lockLost.aborted) throw new Error('the lock was lost; another worker goes on with this job');
      if (draining.signal.aborted && result.left > 0) throw new JobReturnedError();
      return result;
    }
  }

  const bullWorker = startBullWorker({
    redisUrl,
    queuePrefix: keys.queuePrefix,
    lockDurationMs: config.PERSONA_FLEET_LOCK_DURATION_MS,
    stalledIntervalMs: config.PERSONA_FLEET_STALLED_INTERVAL_MS,
    concurrency: config.PERSONA_FLEET_CONCURRENCY,
    workTimeoutMs: config.PERSONA_FLEET_SHUTDOWN_GRACE_MS + UNWIND_TIMEOUT_MS,
    metrics,
    logger,
    work,
  });
  logger.info({ port: metricsServer.port, concurrency: config.PERSONA_FLEET_CONCURRENCY }, 'worker started');

  return stoppable({ metricsPort: metricsServer.port }, async () => {
    logger.info('worker stopping');
    draining.abort();
    const grace = setTimeout(() => aborting.abort(), config.PERSONA_FLEET_SHUTDOWN_GRACE_MS);
    await bullWorker.stop();
    clearTimeout(grace);
    aborting.abort();
    await Promise.all([metricsServer.stop(), model.stop()]);
    await withDeadline(redis.quit(), UNWIND_TIMEOUT_MS, 'Redis did not answer').catch(() =>
      redis.disconnect(),
    );
    logger.info('worker stopped');
  });
}
