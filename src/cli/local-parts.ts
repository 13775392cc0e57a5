import { join } from 'node:path';
import { type LocalFleet, startLocalFleet } from '../producer/local-fleet.ts';
import { startLocalProcess } from '../producer/local-processes.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import type { Stoppable } from '../shared/lifecycle.ts';
import { stoppable } from '../shared/lifecycle.ts';
import type { CommandContext } from './context.ts';

/** Beyond the worker's own grace period, before a child that does not end is killed. */
const KILL_MARGIN_MS = 15_000;

/** The worker processes of a `generate`; they share this process' environment and configuration. */
export function startLocalWorkers(options: {
  context: CommandContext;
  config: Config;
  size: number;
  env: Readonly<Record<string, string>>;
  onCrash: (line: string) => void;
}): Promise<LocalFleet> {
  const { context, config, size, env, onCrash } = options;
  const logDir = join(config.PERSONA_FLEET_DATA_DIR, 'logs');
  return startLocalFleet({
    size,
    start: (index) =>
      startLocalProcess({
        program: context.program,
        args: ['worker', '--concurrency', String(config.PERSONA_FLEET_CONCURRENCY), '--metrics-port', '0'],
        env: { ...context.env, ...env },
        logDir,
        logName: `worker-${index}.log`,
        killAfterMs: config.PERSONA_FLEET_SHUTDOWN_GRACE_MS + KILL_MARGIN_MS,
      }),
    onCrash: (index, how) =>
      onCrash(
        `worker ${index} died (${how}) and is started again; its log is ${join(logDir, `worker-${index}.log`)}`,
      ),
  });
}

/** A simulator of our own for a run without a key, and the environment that points workers at it. */
export async function startSimulatedModel(options: {
  context: CommandContext;
  config: Config;
  onEnd: () => void;
}): Promise<{ env: Record<string, string> } & Stoppable> {
  const { context, config, onEnd } = options;
  const simulator = await startLocalProcess({
    program: context.program,
    args: ['simulate-llm', '--port', '0', '--latency', '300'],
    env: context.env,
    logDir: join(config.PERSONA_FLEET_DATA_DIR, 'logs'),
    logName: 'simulator.log',
    killAfterMs: KILL_MARGIN_MS,
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
