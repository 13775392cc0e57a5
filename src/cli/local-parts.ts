import { join } from 'node:path';
import { type LocalFleet, startLocalFleet } from '../processes/local-fleet.ts';
import { startLocalProcess } from '../processes/local-process.ts';
import { logFileOutput } from '../processes/process-output.ts';
import type { ProducerSession } from '../producer/session.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { queueNameOf } from '../shared/jobs.ts';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { CommandContext } from './context.ts';
import { privateRedisEnv, startWorkerChild } from './worker-child.ts';

/** Before a simulator that does not end is killed. */
const KILL_AFTER_MS = 15_000;

/** What a command starts beside itself to have people or plans made: a simulator where there is no model, and workers. */
export interface LocalParts extends Stoppable {
  /** Workers that are started; 0 where they run elsewhere. */
  readonly size: number;
  /** The queue that they serve. */
  readonly queueName: string;
  /** Aborts when the simulator ended without being told to: nothing that waits for it will ever come. */
  readonly failed: AbortSignal;
  /** Starts them; again changes nothing. Rejects when one does not start; those that did are ended by `stop()`. Resolves early on Ctrl-C. */
  start(): Promise<void>;
}

/**
 * The local parts of one command, not started yet: a command that finds everything in the cache starts none. With
 * `PERSONA_FLEET_WORKERS` 0 there are none, and `start()` does nothing.
 */
export function createLocalParts(options: {
  context: CommandContext;
  config: Config;
  /** There is no model to call: start a simulator, and workers that use it. */
  simulated: boolean;
  redisUrl: string;
  onCrash: (line: string) => void;
}): LocalParts {
  const { context, config, simulated, redisUrl, onCrash } = options;
  const size = config.PERSONA_FLEET_WORKERS;
  const failed = new AbortController();
  const stopping = new AbortController();
  const signal = AbortSignal.any([context.signal, stopping.signal]);
  const parts = new AsyncDisposableStack();
  const startAll = async () => {
    if (size === 0) return;
    const onEnd = () => failed.abort();
    const model = simulated
      ? parts.use(await startSimulatedModel({ context, config, onEnd, signal }))
      : undefined;
    const env = { ...privateRedisEnv(config, redisUrl), ...model?.env };
    parts.use(await startLocalWorkers({ context, config, size, env, onCrash, signal }));
  };
  let started: Promise<void> | undefined;
  const start = () => {
    started ??= startAll().catch((error: unknown) => {
      if (!context.signal.aborted) throw error;
    });
    return started;
  };
  const queueName = queueNameOf(simulated ? SIMULATED_MODEL : config.OPENAI_MODEL);
  return stoppable({ size, queueName, failed: failed.signal, start }, async () => {
    stopping.abort();
    await started?.catch(() => {}); // reported to whoever started them
    await parts.disposeAsync();
  });
}

/** Why nothing more comes when `LocalParts.failed` has aborted. */
export function simulatorEnded(): Error {
  return new Error('the simulator ended unexpectedly; see its log in the data directory');
}

/** The worker processes of a command; they share this process' environment and configuration. */
function startLocalWorkers(options: {
  context: CommandContext;
  config: Config;
  size: number;
  env: Readonly<Record<string, string>>;
  onCrash: (line: string) => void;
  signal: AbortSignal;
}): Promise<LocalFleet> {
  const { context, config, size, env, onCrash, signal } = options;
  const logDir = join(config.PERSONA_FLEET_DATA_DIR, 'logs');
  return startLocalFleet({
    size,
    signal,
    start: (index, signal) =>
      startWorkerChild({
        context,
        config,
        env,
        output: logFileOutput({ dir: logDir, name: `worker-${index}.log` }),
        signal,
      }),
    onCrash: (index, how) =>
      onCrash(
        `worker ${index} died (${how}) and is started again; its log is ${join(logDir, `worker-${index}.log`)}`,
      ),
  });
}

/** A simulator of our own for a run without a key, and the environment that points workers at it. */
async function startSimulatedModel(options: {
  context: CommandContext;
  config: Config;
  onEnd: () => void;
  signal: AbortSignal;
}): Promise<{ env: Record<string, string> } & Stoppable> {
  const { context, config, onEnd, signal } = options;
  const simulator = await startLocalProcess({
    program: context.program,
    args: ['simulate-llm', '--port', '0', '--latency', '300'],
    env: context.env,
    output: logFileOutput({ dir: join(config.PERSONA_FLEET_DATA_DIR, 'logs'), name: 'simulator.log' }),
    killAfterMs: KILL_AFTER_MS,
    signal,
  });
  let stopping = false;
  simulator.ended.then(() => {
    if (!stopping) onEnd();
  });
  const env = {
    OPENAI_BASE_URL: String(simulator.ready.url),
    OPENAI_API_KEY: 'simulated',
    OPENAI_MODEL: SIMULATED_MODEL,
  };
  return stoppable({ env }, () => {
    stopping = true;
    return simulator.stop();
  });
}

/**
 * What to say when nobody would take the jobs of a queue: no local worker serves it, and none is connected from elsewhere. Undefined
 * otherwise.
 */
export async function describeNoWorkers(
  queue: { readonly queueName: string },
  session: Pick<ProducerSession, 'workers'>,
  parts: LocalParts | undefined,
): Promise<string | undefined> {
  if (parts !== undefined && parts.size > 0 && parts.queueName === queue.queueName) return undefined;
  if ((await session.workers(queue)) > 0) return undefined;
  const which =
    queue.queueName === queueNameOf(SIMULATED_MODEL)
      ? `some with OPENAI_MODEL=${SIMULATED_MODEL} and a simulator behind OPENAI_BASE_URL`
      : 'some';
  return `no worker is connected that serves this model: start ${which} with \`persona-fleet worker\` and this REDIS_URL`;
}
