import type { Counter, Gauge } from 'prom-client';
import type { Spend } from '../shared/limits/ledger.ts';

/** Leaves a gauge without labels absent where nothing is known. */
export function setIfKnown(gauge: Gauge<never>, value: number | boolean | undefined): void {
  if (value !== undefined) gauge.set(Number(value));
}

/** Counters are cleared before each scrape and say what Redis has counted. */
export function countTo<Label extends string>(
  counter: Counter<Label>,
  labels: Record<Label, string>,
  count: number,
): void {
  counter.inc(labels, Math.max(0, count));
}

/** The tokens of calls by type; `prompt` includes those that were cached. */
export function tokensByType(spend: Spend): Record<string, number> {
  return {
    prompt: spend.promptTokens,
    cached: spend.cachedTokens,
    cache_write: spend.cacheWriteTokens,
    completion: spend.completionTokens,
    lost: spend.lostTokens,
  };
}
