import type { Budget } from '../shared/limits/ledger.ts';
import type { PopulationStatus } from '../shared/transactions/populations.ts';
import { budgetOption } from './budget-reason.ts';
import { count, counted } from './count.ts';
import { amountText } from './describe-limits.ts';
import { describeBudget } from './describe-spend.ts';
import { populationWords } from './population-words.ts';

/** A population that was taken up again, and what may stop it again. */
export interface Resumed {
  readonly status: PopulationStatus;
  readonly openSlots: number;
  readonly shards: number;
  readonly left: Budget;
  /** What the caps of the fleet leave, as far as they are configured here. */
  readonly fleetLeft: Budget;
  /** What the next call may take, as far as it is known. */
  readonly nextCall: Budget;
}

const UNITS = ['nanoDollars', 'tokens'] as const satisfies readonly (keyof Budget)[];
const CAPS = { nanoDollars: 'PERSONA_FLEET_BUDGET_USD', tokens: 'PERSONA_FLEET_BUDGET_TOKENS' } as const;

/** As lines for a person. */
export function describeResumed(resumed: Resumed): string[] {
  const { status, openSlots, shards, left } = resumed;
  const { population, budget, size, failed } = status;
  const words = populationWords(status);
  if (openSlots === 0) {
    return failed === 0
      ? [`${population}  is complete: nothing to do`]
      : [
          `${population}  has no open slots, and ${count(failed)} of ${count(size)} failed: try them again with: persona-fleet retry ${words}`,
        ];
  }
  const limit = describeBudget(budget, left);
  const rest = limit === undefined ? '' : `; budget ${limit}`;
  return [
    `${population}  goes on: ${counted(openSlots, 'open slot')} in ${counted(shards, 'job')}${rest}; follow them with: persona-fleet watch ${words}`,
    ...UNITS.flatMap((unit) => shortages(unit, resumed)),
  ];
}

function shortages(unit: keyof Budget, { status, left, fleetLeft, nextCall }: Resumed): string[] {
  const needed = nextCall[unit];
  const isTooLittle = (rest: number | undefined): rest is number =>
    rest !== undefined && (rest === 0 || (needed !== undefined && rest < needed));
  const [own, fleets] = [left[unit], fleetLeft[unit]];
  const next = needed === undefined ? '' : `, and the next call may take ${amountText(unit, needed)}`;
  const lines: string[] = [];
  if (isTooLittle(own)) {
    const spent = spentOf(unit, status);
    const least = budgetOption(unit, spent + (needed ?? 0));
    lines.push(
      `  its budget leaves ${amountText(unit, own)}${next}, so that it pauses again: raise it with ${least} or more`,
    );
  }
  if (isTooLittle(fleets)) {
    lines.push(
      `  the fleet's budget, as ${CAPS[unit]} has it here, leaves ${amountText(unit, fleets)}${next}, so that it pauses again: raise that of the workers`,
    );
  }
  return lines;
}

function spentOf(unit: keyof Budget, spend: PopulationStatus): number {
  return unit === 'nanoDollars'
    ? spend.nanoDollars
    : spend.promptTokens + spend.completionTokens + spend.lostTokens;
}
