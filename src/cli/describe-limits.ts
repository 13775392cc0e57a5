import type { Shortage } from '../producer/estimate/budget-reach.ts';
import type { Estimate } from '../producer/estimate/estimate.ts';
import type { Reservation } from '../producer/estimate/reservation.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import { dollarsText } from '../shared/models/dollars.ts';
import type { ModelProfile } from '../shared/models/model-profiles.ts';
import { NANO } from '../shared/models/prices.ts';
import { roundedUp } from './budget-reason.ts';
import { count, counted } from './count.ts';

/** That a budget leaves less than one call may take: nothing of a population will be made. `where` has it, as people know it. */
export function describeShortage(
  { unit, left, needed, leastBudget }: Shortage,
  { where, populations }: { readonly where: string; readonly populations: number },
): string {
  const leaves = `${where} leaves ${amountText(unit, left)}`;
  const isSaid = where === amountText(unit, left);
  const whose =
    populations > 1 ? `${leaves} for one of ${count(populations)} populations` : isSaid ? where : leaves;
  return `${whose}, and one call may take ${amountText(unit, needed)}, so that it pauses at once: it has to be at least ${amountText(unit, roundedUpAmount(unit, leastBudget))}`;
}

/** That one request is larger than a minute's tokens; undefined when it is not. */
export function describeTooLarge(
  { person }: Pick<Estimate, 'person'>,
  { tpm }: Pick<ModelProfile, 'tpm'>,
): string | undefined {
  if (person === undefined || tpm === 0 || person.reserved.tokens <= tpm) return undefined;
  return `one request reserves ${count(person.reserved.tokens)} tokens, more than the limit of ${count(tpm)} tokens per minute (PERSONA_FLEET_TPM, or tpm in the models file): nothing will run; raise the limit, or lower PERSONA_FLEET_COMPLETION_TOKENS`;
}

/** What planning takes beside the budget of a spec; undefined without planning. */
export function describePlanning({ planning, planningCalls }: Estimate): string | undefined {
  if (planning === undefined) return undefined;
  const { tokens, nanoDollars, reserved } = planning;
  const dollars = nanoDollars === undefined ? '' : `, ${dollarsText(nanoDollars)}`;
  return `${counted(planningCalls, 'planning call')}, about ${counted(Math.round(tokens), 'token')}${dollars}, at the most ${reservationText(reserved)}`;
}

function reservationText({ tokens, nanoDollars }: Reservation): string {
  return nanoDollars === undefined
    ? `${count(tokens)} tokens`
    : `${count(tokens)} tokens or ${dollarsText(nanoDollars)}`;
}

/** An amount of a budget with its unit. */
export function amountText(unit: keyof Budget, amount: number): string {
  return unit === 'nanoDollars' ? dollarsText(amount) : `${count(amount)} tokens`;
}

/** Of the smaller of two budgets, unit by unit, as far as there are any. */
export function smallerBudget(a: Budget, b: Budget): Budget {
  const smaller = (unit: keyof Budget) => {
    const limits = [a[unit], b[unit]].filter((limit) => limit !== undefined);
    return limits.length === 0 ? undefined : Math.min(...limits);
  };
  return { nanoDollars: smaller('nanoDollars'), tokens: smaller('tokens') };
}

function roundedUpAmount(unit: keyof Budget, amount: number): number {
  return unit === 'nanoDollars' ? Math.ceil(roundedUp(amount / NANO) * NANO) : Math.ceil(roundedUp(amount));
}
