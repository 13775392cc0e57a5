import { type Exporter, startExporter } from '../exporter/start-exporter.ts';
import type { Config } from '../shared/config.ts';
import { explain, UserError } from '../shared/errors.ts';
import { readVersion } from '../shared/version.ts';
import { type CommandContext, type RedisAccess, say } from './context.ts';
import { fleetBudgetOf } from './fleet-budget.ts';
import { untilStopped } from './until-stopped.ts';

/** Starts the exporter as it is configured, and says on stderr where it is. */
export async function openExporter(
  { config, access, context }: { config: Config; access: RedisAccess; context: CommandContext },
  port = config.PERSONA_FLEET_SERVE_PORT,
): Promise<Exporter & { readonly url: string }> {
  const host = config.PERSONA_FLEET_SERVE_HOST;
  const exporter = await startExporter({
    redisUrl: access.redisUrl,
    keys: access.keys,
    host,
    port,
    token: config.PERSONA_FLEET_SERVE_TOKEN,
    budget: fleetBudgetOf(config),
    version: readVersion(),
    onFailure: (error) => say(context, `the fleet could not be read: ${explain(error)}`),
  });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${exporter.port}`;
  say(context, `metrics at ${url}/metrics, queues at ${url}/queues`);
  return Object.assign(exporter, { url });
}

/**
 * The same beside another command. Where the port that nobody chose is taken, perhaps by the `serve` of another fleet, it takes
 * a free one and says so. `untilStopped` goes on serving what the command has left.
 */
export async function serveMeanwhile(options: {
  config: Config;
  access: RedisAccess;
  context: CommandContext;
}): Promise<Exporter & { untilStopped(): Promise<void> }> {
  const { config, context } = options;
  const isChosen = Boolean(context.env.PERSONA_FLEET_SERVE_PORT?.trim());
  const exporter = await openExporter(options).catch((error: unknown) => {
    if (isChosen || !isPortTaken(error)) throw error;
    say(context, `port ${config.PERSONA_FLEET_SERVE_PORT} is in use: taking another one`);
    return openExporter(options, 0);
  });
  return Object.assign(exporter, {
    async untilStopped() {
      if (!context.signal.aborted) say(context, `serving ${exporter.url} until Ctrl-C`);
      await untilStopped(context);
    },
  });
}

function isPortTaken(error: unknown): boolean {
  const cause = error instanceof UserError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}
