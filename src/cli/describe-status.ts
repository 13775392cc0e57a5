import { leftOf } from '../producer/budget.ts';
import { ExitCode } from '../shared/errors.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import { count, counted } from './count.ts';
import { describeFailures } from './describe-failures.ts';
import { describeBudget, describeCalls, describeCost, describeTokens } from './describe-spend.ts';
import { describeWayOn } from './describe-way-on.ts';

/** A population's status as lines for a person. */
export function describeStatus(
  status: PopulationStatus,
  failureMessages: Readonly<Record<string, string>> = {},
): string {
  const { population, simulation, state, reason, size, committed, failed, budget } = status;
  const open = size - committed - failed;
  const lines = [
    `${population}  simulation ${simulation}  ${state}${reason === '' ? '' : `: ${reason}`}`,
    isImport(status)
      ? `  ${count(committed)} imported people`
      : `  ${count(committed)} of ${count(size)} people committed, ${count(failed)} failed, ${count(open)} open`,
  ];
  if (status.pruned > 0) lines.push(`  ${count(status.pruned)} pruned to ${status.prunedTo ?? 'a file'}`);
  if (!isImport(status)) lines.push(`  ${describeSpending(status)}`);
  const limit = describeBudget(budget, leftOf(budget, status));
  if (limit !== undefined) lines.push(`  budget ${limit}`);
  const reasons = Object.entries(status.failedByReason).map(([name, times]) => `${name} ${count(times)}`);
  if (reasons.length > 0) lines.push(`  failed because: ${reasons.join(', ')}`);
  for (const [reason, message] of describeFailures(failureMessages)) lines.push(`    ${reason}: ${message}`);
  const way = describeWayOn(status);
  if (way !== undefined) lines.push(`  ${way}`);
  return lines.join('\n');
}

function describeSpending(status: PopulationStatus): string {
  const parts = [
    describeCalls(status, { isAtRest: isAtRest(status.state) }),
    describeTokens(status),
    describeCost(status, status.labels.model),
    isAtRest(status.state) || status.inFlight === 0
      ? undefined
      : `${counted(status.inFlight, 'call')} in flight`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Nobody works on it: what is still in flight by the books was lost. */
function isAtRest(state: PopulationState): boolean {
  return state !== PopulationState.planned && state !== PopulationState.running;
}

/** The exit code a population's state stands for, once nothing moves any more. */
export function exitCodeOf({ state, failed }: PopulationStatus): ExitCode {
  switch (state) {
    case PopulationState.paused:
      return ExitCode.paused;
    case PopulationState.cancelled:
      return ExitCode.interrupted;
    default:
      return failed > 0 ? ExitCode.failedSlots : ExitCode.ok;
  }
}
