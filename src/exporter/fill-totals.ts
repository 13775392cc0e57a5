import type { Budget } from '../shared/limits/ledger.ts';
import { NANO } from '../shared/models/prices.ts';
import { labelOf } from '../shared/telemetry/label-text.ts';
import type { FleetMetrics } from '../shared/telemetry/metrics.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import type { FleetSight } from './fleet-watch.ts';
import { countTo, setIfKnown, tokensByType } from './set-metric.ts';

/** What all populations add up to. Worker processes come and go; this is counted in Redis and stays. */
export function fillTotals(metrics: FleetMetrics, sight: FleetSight, budget: Budget): void {
  const { populations, forgotten, names, rates, spend } = sight;
  const sum = (of: (status: PopulationStatus) => number) =>
    populations.reduce((total, status) => total + of(status), 0);

  const byState = new Map<string, number>(Object.values(PopulationState).map((state) => [state, 0]));
  for (const { state } of populations) byState.set(state, (byState.get(state) ?? 0) + 1);
  for (const [state, count] of byState) metrics.populations.set({ state: labelOf(state) }, count);

  const committed = sum((status) => status.committed);
  const pruned = sum((status) => status.pruned);
  countTo(metrics.committed, {}, committed + forgotten.committed);
  countTo(metrics.pruned, {}, pruned + forgotten.pruned);
  metrics.results.set(committed - pruned);
  metrics.names.set(names);
  metrics.open.set(sum(openOf));
  metrics.lastCommit.set(
    populations.reduce((last, { lastCommitMs = 0 }) => Math.max(last, lastCommitMs), 0) / 1_000,
  );
  setIfKnown(metrics.commitRate, rates.total);
  for (const [reason, count] of failuresOf(populations)) metrics.failed.set({ reason }, count);

  countTo(metrics.calls, { kind: 'person' }, spend.calls);
  countTo(metrics.calls, { kind: 'repair' }, spend.repairCalls);
  countTo(metrics.callsLost, {}, spend.lostCalls);
  metrics.callsInFlight.set(Math.max(0, spend.inFlight));
  for (const [type, tokens] of Object.entries(tokensByType(spend))) {
    countTo(metrics.tokens, { type }, tokens);
  }
  countTo(metrics.dollars, {}, spend.nanoDollars / NANO);
  countTo(metrics.callsUnpriced, {}, spend.unpricedCalls);
  setIfKnown(metrics.budgetDollars, budget.nanoDollars === undefined ? undefined : budget.nanoDollars / NANO);
  setIfKnown(metrics.budgetTokens, budget.tokens);
}

/** Slots that workers are to settle. */
export function openOf({ state, size, committed, failed }: PopulationStatus): number {
  const isUnderWay = state === PopulationState.planned || state === PopulationState.running;
  return isUnderWay ? Math.max(0, size - committed - failed) : 0;
}

/** Reasons are a closed set; those that releases to come may add share one series once there are very many. */
const MOST_REASONS = 40;

/** How many slots failed, by reason, most first. */
export function failuresOf(populations: readonly PopulationStatus[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { failedByReason } of populations) {
    for (const [reason, count] of Object.entries(failedByReason)) {
      const label = labelOf(reason);
      counts.set(label, (counts.get(label) ?? 0) + count);
    }
  }
  const ranked = [...counts].sort(([, a], [, b]) => b - a);
  const shown = new Map(ranked.slice(0, MOST_REASONS));
  for (const [, count] of ranked.slice(MOST_REASONS)) shown.set('other', (shown.get('other') ?? 0) + count);
  return shown;
}
