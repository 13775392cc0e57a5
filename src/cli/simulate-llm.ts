import { ExitCode } from '../shared/errors.ts';
import { parseFaults } from '../simulator/faults.ts';
import { parseFeatures } from '../simulator/missing-features.ts';
import type { SimulatorOptions } from '../simulator/options.ts';
import { startSimulator } from '../simulator/server.ts';
import { type CommandContext, say } from './context.ts';
import { untilStopped } from './until-stopped.ts';

export interface SimulateLlmOptions {
  host?: string;
  port?: number;
  seed?: string;
  latency?: number;
  sigma?: number;
  completionScale?: number;
  completionSpread?: number;
  reasoningTokens?: number;
  names?: string;
  faults?: string;
  retryAfter?: string;
  apiKey?: string;
  rpm?: number;
  tpm?: number;
  charge?: SimulatorOptions['charge'];
  rateLimitHeaders?: boolean;
  unsupported?: string;
  json?: boolean;
}

/** Serves the simulated model until it is told to stop. */
export async function simulateLlm(options: SimulateLlmOptions, context: CommandContext): Promise<ExitCode> {
  const { json, latency, sigma, faults, unsupported, ...same } = options;
  const simulator = await startSimulator({
    ...same,
    ...(latency === undefined ? {} : { latencyMedianMs: latency }),
    ...(sigma === undefined ? {} : { latencySigma: sigma }),
    ...(faults === undefined ? {} : { faults: parseFaults(faults) }),
    ...(unsupported === undefined ? {} : { unsupported: parseFeatures(unsupported) }),
  });
  context.parent?.send({ url: simulator.url });
  if (json) context.stdout.write(`${JSON.stringify({ url: simulator.url, simulated: true })}\n`);
  else {
    say(context, `SIMULATED model at ${simulator.url} (statistics at ${new URL('/stats', simulator.url)})`);
    say(context, `use it with: OPENAI_BASE_URL=${simulator.url}`);
  }
  await untilStopped(context);
  await simulator.stop();
  return ExitCode.ok;
}
