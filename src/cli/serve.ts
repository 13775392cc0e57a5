import { assertGuarded } from '../exporter/start-exporter.ts';
import { ExitCode } from '../shared/errors.ts';
import { type CommandContext, configOf, openRedis } from './context.ts';
import { openExporter } from './open-exporter.ts';
import { untilStopped } from './until-stopped.ts';

/** The fleet's metrics and the page of its queues, until this process is told to stop. */
export async function serve(
  options: { host?: string; port?: number; json?: boolean },
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context, {
    PERSONA_FLEET_SERVE_HOST: options.host,
    PERSONA_FLEET_SERVE_PORT: options.port,
  });
  // Before Redis: a private one would be started only to be stopped again.
  assertGuarded({ host: config.PERSONA_FLEET_SERVE_HOST, token: config.PERSONA_FLEET_SERVE_TOKEN });
  await using access = await openRedis(context, config, 'patient');
  await using exporter = await openExporter({ config, access, context });
  if (options.json) context.stdout.write(`${JSON.stringify({ url: exporter.url })}\n`);
  await untilStopped(context);
  return ExitCode.ok;
}
