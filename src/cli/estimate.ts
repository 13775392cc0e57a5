import { budgetOf } from '../producer/budget.ts';
import { estimateSpec } from '../producer/estimate/estimate-spec.ts';
import type { Rate } from '../producer/estimate/time.ts';
import { needsPlanning } from '../producer/planning.ts';
import { loadPopulationSpec } from '../producer/population-spec.ts';
import { type Config, SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode } from '../shared/errors.ts';
import { loadModelProfiles } from '../shared/models/model-profiles.ts';
import { type CommandContext, configOf } from './context.ts';
import { describeEstimate, type EstimateFacts, estimateJson } from './describe-estimate.ts';
import { assertBudgetsPriced, fleetBudgetOf } from './fleet-budget.ts';
import { modelOf, withOverrides } from './overrides.ts';

export interface EstimateCommandOptions {
  count?: number;
  seed?: string;
  workers?: number;
  json?: boolean;
}

/** Median latency of the simulator that `generate` starts. */
const SIMULATED_LATENCY_MS = 300;

/**
 * What a spec would take and cost, before anything is spent: no Redis, no model, no key. The model is the one that a run with
 * a key would call. People who are there already are not taken off.
 */
export async function estimate(
  specPath: string,
  options: EstimateCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const config = configOf(context, { PERSONA_FLEET_WORKERS: options.workers });
  const spec = withOverrides(await loadPopulationSpec(specPath), options);
  const model = modelOf(spec, config);
  const profiles = loadModelProfiles(config);
  const profile = profiles.of(model);
  const budget = budgetOf(spec.budget);
  assertBudgetsPriced(budget, model, { config, profiles, specPath });
  const { factories, populationSize } = spec;
  const facts: EstimateFacts = {
    estimate: estimateSpec(spec, { model, profile, rate: rateOf(config, model) }),
    profile,
    budget,
    sizes:
      factories === null
        ? [populationSize]
        : Array.from({ length: factories.count }, () => factories.populationSize),
    fleetBudget: fleetBudgetOf(config),
    pricesAsOf: profiles.pricesAsOf,
    isPlanned: needsPlanning(spec),
  };
  context.stdout.write(options.json ? `${JSON.stringify(estimateJson(facts))}\n` : describeEstimate(facts));
  return ExitCode.ok;
}

/** How fast the workers of a local run go; those elsewhere are not known. */
export function rateOf(config: Config, model: string): Rate {
  const { PERSONA_FLEET_WORKERS: workers, PERSONA_FLEET_CONCURRENCY: concurrency } = config;
  return {
    inFlight: workers === 0 ? undefined : workers * concurrency,
    latencyMs: model === SIMULATED_MODEL ? SIMULATED_LATENCY_MS : undefined,
  };
}
