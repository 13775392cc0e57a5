import { sharedOutput } from '../processes/process-output.ts';
import { startWorkerProcesses } from '../processes/worker-processes.ts';
import type { Config } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import type { Stoppable } from '../shared/lifecycle.ts';
import { createLogger } from '../shared/telemetry/logger.ts';
import { createProcessesMetrics, createWorkerMetrics } from '../shared/telemetry/metrics.ts';
import { runWorker } from '../worker/run-worker.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { untilStopped } from './until-stopped.ts';
import { privateRedisEnv, startWorkerChild } from './worker-child.ts';

/**
 * A worker: runs until it is told to stop, and then hands its unfinished jobs back. With `--processes` above 1 this process works
 * nothing itself, and keeps so many worker processes running.
 */
export async function worker(
  options: { concurrency?: number; processes?: number; metricsPort?: number },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context, {
    PERSONA_FLEET_CONCURRENCY: options.concurrency,
    PERSONA_FLEET_PROCESSES: options.processes,
    PERSONA_FLEET_METRICS_PORT: options.metricsPort,
  });
  if (config.OPENAI_API_KEY === undefined && config.OPENAI_BASE_URL === undefined) {
    throw new UserError(
      'a worker needs a model: set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible server (`persona-fleet simulate-llm` starts one that needs no key)',
    );
  }
  const told = watchForStop(context);
  await using access = await openRedis(context, config, 'fail-fast');
  const start = config.PERSONA_FLEET_PROCESSES > 1 ? startProcesses : startInThisProcess;
  let running: Running;
  try {
    running = await start({ config, redisUrl: access.redisUrl, context, signal: told.signal });
  } catch (error) {
    if (told.signal.aborted) return ExitCode.ok;
    throw error;
  }
  context.parent?.send({ metricsPort: running.metricsPort });
  await told.stopped;
  return stopUnlessAlone(running, context, told.isAlone());
}

/** From the beginning: a start that takes long ends early. */
function watchForStop(context: CommandContext) {
  const stop = new AbortController();
  let isAlone = false;
  context.parent?.onGone(() => {
    isAlone = true;
  });
  const stopped = untilStopped(context).then(() => stop.abort());
  return { signal: stop.signal, stopped, isAlone: () => isAlone };
}

interface Start {
  readonly config: Config;
  readonly redisUrl: string;
  readonly context: CommandContext;
  readonly signal: AbortSignal;
}

type Running = Stoppable & { readonly metricsPort: number };

function startInThisProcess({ config, redisUrl }: Start): Promise<Running> {
  return runWorker({
    config,
    redisUrl,
    logger: createLogger(config.PERSONA_FLEET_LOG_LEVEL),
    metrics: createWorkerMetrics(),
  });
}

function startProcesses({ config, redisUrl, context, signal }: Start): Promise<Running> {
  const env = privateRedisEnv(config, redisUrl);
  return startWorkerProcesses({
    size: config.PERSONA_FLEET_PROCESSES,
    start: (_index, signal) =>
      startWorkerChild({ context, config, env, output: sharedOutput(context.stderr), signal }),
    signal,
    host: config.PERSONA_FLEET_METRICS_HOST,
    port: config.PERSONA_FLEET_METRICS_PORT,
    metrics: createProcessesMetrics(),
    logger: createLogger(config.PERSONA_FLEET_LOG_LEVEL),
  });
}

/**
 * Stops in peace, unless the process that asked for it goes first: it was told a second time, and that means at once. One that was
 * gone before, and stops for that reason, takes its time.
 */
async function stopUnlessAlone(
  running: Running,
  context: CommandContext,
  wasAlone: boolean,
): Promise<ExitCode> {
  const stopped = running.stop().then(() => ExitCode.ok);
  if (wasAlone) return stopped;
  const isAlone = new Promise<ExitCode>((resolve) => {
    context.parent?.onGone(() => resolve(ExitCode.interrupted));
  });
  return Promise.race([stopped, isAlone]);
}
