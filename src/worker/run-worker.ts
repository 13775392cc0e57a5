import pLimit from 'p-limit';
import type { Config } from '../shared/config.ts';
import { DEFAULT_MODEL } from '../shared/config.ts';
import { explain, type ModelCallError, UserError } from '../shared/errors.ts';
import { createPromptRenderer } from '../shared/factory/render-prompt.ts';
import {
  type JobData,
  type JobResult,
  type PlanningJobData,
  type PlanningJobResult,
  queueNameOf,
} from '../shared/jobs.ts';
import { createKeys } from '../shared/keys.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { planningAccount, populationAccount } from '../shared/limits/accounts.ts';
import { limitScriptsOf } from '../shared/limits/scripts.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { createPlanningPrompts } from '../shared/planning/render-planning-prompt.ts';
import { connectRedis } from '../shared/redis.ts';
import { timeCommands } from '../shared/redis-latency.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import { serveMetrics } from '../shared/telemetry/metrics-server.ts';
import { openTracing } from '../shared/telemetry/tracing.ts';
import { createCallTransactions } from '../shared/transactions/call-transactions.ts';
import { createPopulations, type PauseReason } from '../shared/transactions/populations.ts';
import { scriptsOf } from '../shared/transactions/scripts.ts';
import { createSlotTransactions } from '../shared/transactions/slot-transactions.ts';
import { createTransactionalCache } from '../shared/transactions/transactional.ts';
import { readVersion } from '../shared/version.ts';
import { startBullWorker } from './bull-worker.ts';
import { createDecodedPopulations } from './decoded-populations.ts';
import { openModel } from './open-model.ts';
import { planTransaction } from './planning/plan-transaction.ts';
import { createProgressWatch } from './progress-watch.ts';
import { generateSlot } from './slot.ts';
import { createSlotSpans } from './slot-span.ts';
import { work } from './work.ts';

/** After the grace period aborted calls need a moment to unwind and jobs to go back to the queue. */
const UNWIND_TIMEOUT_MS = 3_000;

/**
 * Slots under way for each place at the model: while one is being checked and committed, or waits after a failure,
 * another has its place.
 */
const SLOTS_PER_CALL = 2;

export interface RunningWorker extends Stoppable {
  /** Where `/metrics` and `/healthz` are served. */
  readonly metricsPort: number;
}

/**
 * One stateless worker: takes shards from the queue and generates their open slots, and answers planning jobs, with at most
 * `PERSONA_FLEET_CONCURRENCY` model calls in flight over all jobs it holds.
 *
 * `stop()`: takes nothing new and begins no further slot; calls in flight may finish within the grace period and are
 * aborted then; unfinished jobs go back to the queue with their attempts. Bounded by the grace period and a few
 * seconds, Redis reachable or not. A crash at any point loses no commit and strands no name.
 */
export async function runWorker(options: {
  config: Config;
  redisUrl: string;
  logger: Logger;
  metrics: WorkerMetrics;
}): Promise<RunningWorker> {
  const { config, redisUrl, logger, metrics } = options;
  const keys = createKeys(config.PERSONA_FLEET_PREFIX);
  const profiles = loadModelProfiles(config);
  const draining = new AbortController();
  const aborting = new AbortController();
  const permits = pLimit(config.PERSONA_FLEET_CONCURRENCY);
  const limit = pLimit(SLOTS_PER_CALL * config.PERSONA_FLEET_CONCURRENCY);
  const backoff = {
    baseMs: config.PERSONA_FLEET_BACKOFF_BASE_MS,
    maxMs: config.PERSONA_FLEET_BACKOFF_MAX_MS,
    random: Math.random,
  };
  const populations = createDecodedPopulations({
    defaultModel: config.OPENAI_MODEL ?? DEFAULT_MODEL,
    prompts: createPromptRenderer(),
  });
  const planningPrompts = createPlanningPrompts();
  const redis = await connectRedis(redisUrl, 'patient', (error) =>
    logger.warn({ error: explain(error) }, 'Redis connection'),
  );
  timeCommands(redis, {
    scripts: new Map([...scriptsOf.namesByHash(), ...limitScriptsOf.namesByHash()]),
    onReply: (command, seconds) => metrics.redisSeconds.observe({ command }, seconds),
  });
  metrics.build.set({ version: readVersion(), node: process.version }, 1);
  metrics.concurrency.set(config.PERSONA_FLEET_CONCURRENCY);
  const tracing = await openTracing({
    url: config.PERSONA_FLEET_TRACES_URL,
    share: config.PERSONA_FLEET_TRACES_SHARE,
    service: 'persona-fleet-worker',
    onFault: (message) => logger.warn(message),
  });
  const stopping = draining.signal;
  const gateway = openModel({ config, redis, keys, profiles, stopping, backoff, metrics, tracing, logger });
  const progress = createProgressWatch({
    stallAfterMs: 2 * config.PERSONA_FLEET_MODEL_TIMEOUT_MS + config.PERSONA_FLEET_BACKOFF_MAX_MS,
    inLine: () => permits.pendingCount,
    waitingUntilMs: gateway.waitingUntilMs,
    now: Date.now,
  });
  metrics.watchProgress(progress.health);
  const model = progress.watch(gateway);
  const metricsServer = await serveMetrics({
    host: config.PERSONA_FLEET_METRICS_HOST,
    port: config.PERSONA_FLEET_METRICS_PORT,
    registry: metrics.registry,
    health: progress.health,
  }).catch(async (error: unknown) => {
    await Promise.all([gateway.stop(), tracing.stop()]);
    redis.disconnect();
    throw error;
  });

  function workOn(data: JobData, lockLost: AbortSignal): Promise<JobResult> {
    const { simulation, population: id, stateDigest } = data;
    const store = createPopulations(redis, keys, simulation);
    const transactions = createSlotTransactions(redis, keys, simulation, id);
    const log = logger.child({ simulation, population: id });
    const signal = AbortSignal.any([lockLost, aborting.signal]);
    const pause = async (why: PauseReason) => {
      const { paused, reason } = await store.pause(id, why);
      if (paused) log.error({ reason }, 'population paused');
    };
    const traced = createSlotSpans(tracing, { simulation, population: id });
    const shared = {
      account: populationAccount(simulation, id),
      transactions,
      model,
      permits,
      stopping: AbortSignal.any([signal, draining.signal]),
      onPause: ({ reason, message }: ModelCallError) => pause({ code: reason, message }),
      backoff,
      metrics,
      tracing,
      logger: log,
    };
    return work({
      data,
      store,
      transactions,
      decode: () =>
        populations.get(stateDigest, async () => {
          const encoded = data.state ?? (await store.state(stateDigest));
          if (encoded !== undefined) return encoded;
          throw new UserError(
            `factory state ${stateDigest} of population ${id} is not in Redis; enqueue it again`,
          );
        }),
      generate: (slot, population) =>
        progress.track(() => traced(slot, () => generateSlot(slot, { ...shared, population }, signal))),
      pause,
      limit,
      metrics,
      lockLost,
      draining: draining.signal,
    });
  }

  function planOn(
    { simulation, request }: PlanningJobData,
    lockLost: AbortSignal,
  ): Promise<PlanningJobResult> {
    const signal = AbortSignal.any([lockLost, aborting.signal]);
    const plan = {
      request,
      account: planningAccount(simulation),
      cache: createTransactionalCache(redis, keys, simulation),
      transactions: createCallTransactions(redis, keys, simulation),
      prompts: planningPrompts,
      model,
      permits,
      stopping: AbortSignal.any([signal, draining.signal]),
      signal,
      lockLost,
      backoff,
      metrics,
      logger: logger.child({ simulation, name: request.operation }),
    };
    return progress.track(() => planTransaction(plan));
  }

  const bullWorker = startBullWorker({
    redisUrl,
    queueName: queueNameOf(config.OPENAI_MODEL),
    queuePrefix: keys.queuePrefix,
    lockDurationMs: config.PERSONA_FLEET_LOCK_DURATION_MS,
    stalledIntervalMs: config.PERSONA_FLEET_STALLED_INTERVAL_MS,
    concurrency: config.PERSONA_FLEET_CONCURRENCY,
    workTimeoutMs: config.PERSONA_FLEET_SHUTDOWN_GRACE_MS + UNWIND_TIMEOUT_MS,
    metrics,
    tracing,
    logger,
    work: workOn,
    plan: planOn,
  });
  logger.info({ port: metricsServer.port, concurrency: config.PERSONA_FLEET_CONCURRENCY }, 'worker started');

  return stoppable({ metricsPort: metricsServer.port }, async () => {
    logger.info('worker stopping');
    draining.abort();
    const grace = setTimeout(() => aborting.abort(), config.PERSONA_FLEET_SHUTDOWN_GRACE_MS);
    await bullWorker.stop();
    clearTimeout(grace);
    aborting.abort();
    await Promise.all([metricsServer.stop(), gateway.stop(), tracing.stop()]);
    await withDeadline(redis.quit(), UNWIND_TIMEOUT_MS, 'Redis did not answer').catch(() =>
      redis.disconnect(),
    );
    logger.info('worker stopped');
  });
}
