import { NANO } from '../shared/models/prices.ts';
import { labelOf } from '../shared/telemetry/label-text.ts';
import type { FleetMetrics } from '../shared/telemetry/metrics.ts';
import { isImport } from '../shared/transactions/imports.ts';
import { PopulationState, type PopulationStatus } from '../shared/transactions/populations.ts';
import { failuresOf, openOf } from './fill-totals.ts';
import type { FleetSight } from './fleet-watch.ts';
import { countTo, tokensByType } from './set-metric.ts';
import { populationKey } from './shown-populations.ts';

/** The series of single populations: of those that are given, and of no others. */
export function fillPopulations(
  metrics: FleetMetrics,
  { rates }: FleetSight,
  shown: readonly PopulationStatus[],
): void {
  for (const status of shown) fillPopulation(metrics, status, rates.of(populationKey(status)));
}

function fillPopulation(metrics: FleetMetrics, status: PopulationStatus, rate: number | undefined): void {
  const { committed, size, lastCommitMs, budget, labels, state } = status;
  const own = { simulation: status.simulation, population: status.population };

  metrics.populationInfo.set({ ...own, name: nameOf(status), model: labelOf(labels.model ?? '') }, 1);
  for (const possible of Object.values(PopulationState)) {
    metrics.populationState.set({ ...own, state: possible }, possible === state ? 1 : 0);
  }
  if (state === PopulationState.paused) {
    // Releases before 0.4 wrote no code.
    metrics.populationPaused.set({ ...own, reason: labelOf(status.reasonCode) || 'unknown' }, 1);
  }
  metrics.populationSize.set(own, size);
  countTo(metrics.populationCommitted, own, committed);
  for (const [reason, count] of failuresOf([status])) metrics.populationFailed.set({ ...own, reason }, count);
  if (rate !== undefined) metrics.populationRate.set(own, rate);
  const open = openOf(status);
  if (rate !== undefined && rate > 0 && open > 0) metrics.populationEta.set(own, open / rate);
  if (lastCommitMs !== undefined) metrics.populationLastCommit.set(own, lastCommitMs / 1_000);

  countTo(metrics.populationCalls, { ...own, kind: 'person' }, status.calls);
  countTo(metrics.populationCalls, { ...own, kind: 'repair' }, status.repairCalls);
  for (const [type, tokens] of Object.entries(tokensByType(status))) {
    countTo(metrics.populationTokens, { ...own, type }, tokens);
  }
  countTo(metrics.populationDollars, own, status.nanoDollars / NANO);
  if (budget.nanoDollars !== undefined) {
    metrics.populationBudgetDollars.set(own, budget.nanoDollars / NANO);
  }
  if (budget.tokens !== undefined) metrics.populationBudgetTokens.set(own, budget.tokens);
}

/** Populations are known by their ids; the first eight digits tell them apart, and name them on the command line. */
function nameOf(status: PopulationStatus): string {
  if (isImport(status)) return 'imported';
  return labelOf(status.labels.name ?? '') || status.population.slice(0, 8);
}
