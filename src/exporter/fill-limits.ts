import type { ScopeStatus } from '../shared/limits/scopes.ts';
import { labelOf } from '../shared/telemetry/label-text.ts';
import type { FleetMetrics } from '../shared/telemetry/metrics.ts';
import type { FleetSight } from './fleet-watch.ts';

/** One for each provider, key and model: keys that are changed every day must not become series without end. */
const MOST_SCOPES = 30;

/** Where the providers' limits stand: of the scopes that have most to do, where there are very many. */
export function fillLimits(metrics: FleetMetrics, { scopes, nowMs }: FleetSight): void {
  const busiest = [...scopes].sort(
    (a, b) => weightOf(b) - weightOf(a) || b.inFlight + b.waiting - (a.inFlight + a.waiting),
  );
  for (const status of busiest.slice(0, MOST_SCOPES)) {
    const scope = { model: labelOf(status.model), server: labelOf(status.endpoint), scope: status.id };
    for (const resource of ['requests', 'tokens'] as const) {
      const limit = status[resource];
      if (limit === undefined) continue;
      metrics.rateLimit.set({ ...scope, resource }, limit.limit);
      metrics.rateLimitUsed.set({ ...scope, resource }, limit.used);
    }
    metrics.rateLimitWaiting.set(scope, status.waiting);
    metrics.rateLimitInFlight.set(scope, status.inFlight);
    if (status.pausedReason !== undefined) {
      metrics.rateLimitPaused.set({ ...scope, reason: labelOf(status.pausedReason) }, 1);
    }
    if (status.waitingUntilMs !== undefined && status.waitReason !== undefined) {
      const backoffMs = Math.max(0, status.waitingUntilMs - nowMs);
      metrics.rateLimitBackoff.set({ ...scope, reason: status.waitReason }, backoffMs / 1_000);
    }
  }
}

/** What a person must act on comes first. */
function weightOf({ pausedReason, waitReason }: ScopeStatus): number {
  return pausedReason !== undefined ? 2 : waitReason !== undefined ? 1 : 0;
}
