import { ExitCode } from '../shared/errors.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';

/** A population's status as lines for a person. */
export function describeStatus(status: PopulationStatus): string {
  const { population, simulation, state, reason, size, committed, failed } = status;
  const open = size - committed - failed;
  const lines = [
    `${population}  simulation ${simulation}  ${state}${reason === '' ? '' : `: ${reason}`}`,
    isImport(status)
      ? `  ${count(committed)} imported people`
      : `  ${count(committed)} of ${count(size)} people committed, ${count(failed)} failed, ${count(open)} open`,
  ];
  if (!isImport(status)) lines.push(`  ${describeCalls(status)}, ${describeTokens(status)}`);
  const reasons = Object.entries(status.failedByReason).map(([name, times]) => `${name} ${count(times)}`);
  if (reasons.length > 0) lines.push(`  failed because: ${reasons.join(', ')}`);
  return lines.join('\n');
}

/** Repair calls are named only where there were any. */
export function describeCalls({
  calls,
  repairCalls = 0,
}: {
  calls: number;
  repairCalls?: number | undefined;
}): string {
  const repairs = repairCalls === 0 ? '' : ` and ${count(repairCalls)} repair calls`;
  return `${count(calls)} model calls${repairs}`;
}

export function describeTokens(
  tokens: Pick<PopulationStatus, 'promptTokens' | 'cachedTokens' | 'completionTokens'>,
): string {
  const { promptTokens, cachedTokens, completionTokens } = tokens;
  return `${count(promptTokens)} prompt tokens (${count(cachedTokens)} cached), ${count(completionTokens)} completion tokens`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
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
