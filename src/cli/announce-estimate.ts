import { sumOfBudgets } from '../producer/budget.ts';
import { shortageOf } from '../producer/estimate/budget-reach.ts';
import { type Estimate, estimate } from '../producer/estimate/estimate.ts';
import { estimateSpec } from '../producer/estimate/estimate-spec.ts';
import type { PopulationSpec } from '../producer/population-spec.ts';
import type { Config } from '../shared/config.ts';
import { SIMULATED_MODEL } from '../shared/config.ts';
import { ExitCode, UserError } from '../shared/errors.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import type { ModelProfile } from '../shared/models/model-profiles.ts';
import type { Consent } from './consent.ts';
import { estimateLine } from './describe-estimate.ts';
import {
  amountText,
  describePlanning,
  describeShortage,
  describeTooLarge,
  smallerBudget,
} from './describe-limits.ts';
import { rateOf } from './estimate.ts';
import type { Pending } from './runs.ts';

export interface EstimateHelp {
  readonly config: Config;
  readonly model: string;
  readonly profile: ModelProfile;
  readonly specPath: string;
  readonly say: (line: string) => void;
}

export interface AnnounceHelp extends EstimateHelp {
  readonly consent: Consent;
  /** What the caps of the fleet leave, as far as they are configured here. */
  readonly fleetLeft: Budget;
}

/**
 * Before planning calls are made, of a spec that needs some: all of it, by the spec's own numbers. Throws as `Consent` and
 * `announcePlanning`.
 */
export async function announceSpec(spec: PopulationSpec, budget: Budget, help: AnnounceHelp): Promise<void> {
  const needed = announcePlanning(spec, budget, help);
  await announce(needed, budget, help);
}

/**
 * What planning takes beside the budget of its spec. Throws UserError, exit code 4, when a budget is so small that planning
 * alone may cost more: whoever set it does not want that.
 */
export function announcePlanning(spec: PopulationSpec, budget: Budget, help: EstimateHelp): Estimate {
  const { model, profile, config, specPath, say } = help;
  const needed = estimateSpec(spec, { model, profile, rate: rateOf(config, model) });
  const reserved = needed.planning?.reserved;
  for (const unit of ['nanoDollars', 'tokens'] as const) {
    const [limit, most] = [budget[unit], reserved?.[unit]];
    if (limit === undefined || most === undefined || limit >= most) continue;
    throw new UserError(
      `${specPath}: planning alone may take ${amountText(unit, most)}, more than the budget of ${amountText(unit, limit)}: raise the budget; nothing was asked`,
      { exitCode: ExitCode.paused },
    );
  }
  const beside = describePlanning(needed);
  const isLimited = budget.nanoDollars !== undefined || budget.tokens !== undefined;
  if (beside !== undefined && isLimited) say(`beside the budget: ${beside}`);
  return needed;
}

/** Before people are generated: those who are still to come. Throws as `Consent`. */
export async function announcePending(pending: readonly Pending[], help: AnnounceHelp): Promise<void> {
  const { model, profile, config, specPath, say } = help;
  const rate = rateOf(config, model);
  const needed = estimate({ model, profile, populations: pending, planning: [], rate });
  const open = pending.filter(({ people }) => people > 0);
  await announce(needed, sumOfBudgets(open.map(({ left }) => left)), help);
  const shortage = shortageOf(needed, pending);
  if (shortage !== undefined) {
    say(describeShortage(shortage, { where: `the budget of ${specPath}`, populations: pending.length }));
  }
}

async function announce(needed: Estimate, left: Budget, help: AnnounceHelp): Promise<void> {
  const { consent, profile, fleetLeft, say } = help;
  // What a simulator answers costs nothing, unless somebody gave it a price.
  if (needed.model !== SIMULATED_MODEL || needed.nanoDollars !== undefined) say(estimateLine(needed));
  const tooLarge = describeTooLarge(needed, profile);
  if (tooLarge !== undefined) say(tooLarge);
  await consent(needed, smallerBudget(left, fleetLeft));
}
