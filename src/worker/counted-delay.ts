import { delay } from '../shared/lifecycle.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';

/** Waits before a call is made again, until the signal aborts at the latest, and counts what was waited. */
export async function countedDelay(
  ms: number,
  signal: AbortSignal,
  metrics: Pick<WorkerMetrics, 'modelWaitSeconds'>,
): Promise<void> {
  const sinceMs = performance.now();
  try {
    await delay(ms, signal);
  } finally {
    metrics.modelWaitSeconds.inc((performance.now() - sinceMs) / 1000);
  }
}
