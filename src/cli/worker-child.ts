import { type LocalProcess, startLocalProcess } from '../processes/local-process.ts';
import type { ProcessOutput } from '../processes/process-output.ts';
import type { Config } from '../shared/config.ts';
import { replaceSettings } from '../shared/secret-files.ts';
import type { CommandContext } from './context.ts';

/** Beyond a worker's own grace period, before one that does not end is killed. */
const KILL_MARGIN_MS = 15_000;

/**
 * What tells a worker process where Redis is. Nothing where that is configured: the process reads the same environment, and a
 * password that came from a file stays there.
 */
export function privateRedisEnv(config: Config, redisUrl: string): Readonly<Record<string, string>> {
  return config.REDIS_URL === undefined ? { REDIS_URL: redisUrl } : {};
}

/**
 * Starts one worker process for a command, with this process' environment but for `env`. Its metrics are on a loopback port of its
 * own choice, which it names when it is ready; until then the signal ends it.
 */
export function startWorkerChild(options: {
  context: CommandContext;
  config: Config;
  env: Readonly<Record<string, string>>;
  output: ProcessOutput;
  signal: AbortSignal;
}): Promise<LocalProcess> {
  const { context, config, env, output, signal } = options;
  return startLocalProcess({
    program: context.program,
    args: ['worker'],
    env: replaceSettings(context.env, {
      PERSONA_FLEET_CONCURRENCY: String(config.PERSONA_FLEET_CONCURRENCY),
      PERSONA_FLEET_PROCESSES: '1',
      PERSONA_FLEET_METRICS_HOST: '127.0.0.1',
      PERSONA_FLEET_METRICS_PORT: '0',
      ...env,
    }),
    output,
    signal,
    killAfterMs: config.PERSONA_FLEET_SHUTDOWN_GRACE_MS + KILL_MARGIN_MS,
  });
}
