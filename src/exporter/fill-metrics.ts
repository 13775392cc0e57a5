import type { Budget } from '../shared/limits/ledger.ts';
import type { FleetMetrics } from '../shared/telemetry/metrics.ts';
import { fillLimits } from './fill-limits.ts';
import { fillPopulations } from './fill-populations.ts';
import { fillRedis } from './fill-redis.ts';
import { fillTotals } from './fill-totals.ts';
import type { FleetSight, Unseen } from './fleet-watch.ts';

/** What stays the same from scrape to scrape. */
export interface FillOptions {
  readonly version: string;
  /** What all populations together may cost. */
  readonly budget: Budget;
  readonly shown: (all: FleetSight['populations']) => FleetSight['populations'];
}

/** Makes the metrics say what was seen, and nothing that was seen before. */
export function fillMetrics(
  metrics: FleetMetrics,
  sight: FleetSight | Unseen,
  { version, budget, shown }: FillOptions,
): void {
  clear(metrics);
  metrics.build.set({ version, node: process.version }, 1);
  metrics.redisUp.set(sight.roundTripMs === undefined ? 0 : 1);
  if (sight.roundTripMs !== undefined) metrics.redisRoundTrip.set(sight.roundTripMs / 1_000);
  metrics.readOk.set('failure' in sight ? 0 : 1);
  if ('failure' in sight) return;
  metrics.collectSeconds.set(sight.tookMs / 1_000);
  fillRedis(metrics, sight);
  fillTotals(metrics, sight, budget);
  const own = shown(sight.populations);
  metrics.populationsLeftOut.set(sight.populations.length - own.length);
  metrics.populationsUnreadable.set(sight.unreadable);
  fillPopulations(metrics, sight, own);
  fillLimits(metrics, sight);
}

/** Of a metric without labels, `reset` alone would leave a 0 that nobody saw. */
function clear({ registry: _, ...metrics }: FleetMetrics): void {
  for (const metric of Object.values(metrics)) {
    metric.reset();
    // Removes what has no labels, and of the others nothing.
    metric.remove({});
  }
}
