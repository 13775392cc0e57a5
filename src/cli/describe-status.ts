import { ExitCode } from '../shared/errors.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';

/** A population's status as lines for a person. */
export function describeStatus(status: PopulationStatus): string {
  const { population, simulation, state, reason, size, committed, failed, calls } = status;
  const open = size - committed - failed;
  const lines = [
    `${population}  simulation ${simulation}  ${state}${reason === '' ? '' : `: ${reason}`}`,
    `  ${count(committed)} of ${count(size)} people committed, ${count(failed)} failed, ${count(open)} open`,
    `  ${count(calls)} model calls, ${describeTokens(status)}`,
  ];
  const reasons = Object.entries(status.failedByReason).map(([name, times]) => `${name} ${count(times)}`);
  if (reasons.length > 0) lines.push(`  failed because: ${reasons.join(', ')}`);
  return lines.join('\n');
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
