import { ExitCode, UserError } from '../shared/errors.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { createMetrics } from '../shared/telemetry/metrics.ts';
import { runWorker } from '../worker/run-worker.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { untilStopped } from './until-stopped.ts';

/** A worker process: runs until it is told to stop, and then hands its unfinished jobs back. */
export async function worker(
  options: { concurrency?: number; metricsPort?: number },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context, {
    PERSONA_FLEET_CONCURRENCY: options.concurrency,
    PERSONA_FLEET_METRICS_PORT: options.metricsPort,
  });
  if (config.OPENAI_API_KEY === undefined && config.OPENAI_BASE_URL === undefined) {
    throw new UserError(
      'a worker needs a model: set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible server (`persona-fleet simulate-llm` starts one that needs no key)',
    );
  }
  await using access = await openRedis(context, config, 'fail-fast');
  const running = await runWorker({
    config,
    redisUrl: access.redisUrl,
    logger: createLogger(config.PERSONA_FLEET_LOG_LEVEL),
    metrics: createMetrics(),
  });
  context.parent?.send({ metricsPort: running.metricsPort });
  await untilStopped(context);
  await running.stop();
  return ExitCode.ok;
}
