import { sumOfBudgets } from '../producer/budget.ts';
import { type Estimate, estimate } from '../producer/estimate/estimate.ts';
import { estimateSpec } from '../producer/estimate/estimate-spec.ts';
import type { PopulationSpec } from '../producer/population-spec.ts';
import type { Config } from '../shared/config.ts';
import { SIMULATED_MODEL } from '../shared/config.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import type { ModelProfile } from '../shared/models/model-profiles.ts';
import type { Consent } from './consent.ts';
import { estimateLine } from './describe-estimate.ts';
import { rateOf } from './estimate.ts';
import type { Pending } from './runs.ts';

export interface EstimateHelp {
  readonly config: Config;
  readonly model: string;
  readonly profile: ModelProfile;
  readonly consent: Consent;
  readonly say: (line: string) => void;
}

/** Before planning calls are made, of a spec that needs some: all of it, by the spec's own numbers. Throws as `Consent`. */
export async function announceSpec(spec: PopulationSpec, budget: Budget, help: EstimateHelp): Promise<void> {
  const { model, profile, config } = help;
  await announce(estimateSpec(spec, { model, profile, rate: rateOf(config, model) }), budget, help);
}

/** Before people are generated: those who are still to come. Throws as `Consent`. */
export async function announcePending(pending: readonly Pending[], help: EstimateHelp): Promise<void> {
  const { model, profile, config } = help;
  const rate = rateOf(config, model);
  const needed = estimate({ model, profile, populations: pending, planning: [], rate });
  await announce(needed, sumOfBudgets(pending.map(({ left }) => left)), help);
}

async function announce(needed: Estimate, left: Budget, { consent, say }: EstimateHelp): Promise<void> {
  // What a simulator answers costs nothing, unless somebody gave it a price.
  if (needed.model !== SIMULATED_MODEL || needed.nanoDollars !== undefined) say(estimateLine(needed));
  await consent(needed, left);
}
