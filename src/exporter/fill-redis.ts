import type { FleetMetrics } from '../shared/telemetry/metrics.ts';
import type { FleetSight } from './fleet-watch.ts';
import { setIfKnown } from './set-metric.ts';

/** The server, and the queues in it. */
export function fillRedis(metrics: FleetMetrics, { redis, queues, nowMs }: FleetSight): void {
  setIfKnown(metrics.redisMemoryUsed, redis.memoryUsedBytes);
  setIfKnown(metrics.redisMemoryMax, redis.memoryMaxBytes);
  setIfKnown(metrics.redisAofEnabled, redis.aofEnabled);
  setIfKnown(metrics.redisAofOk, redis.aofLastWriteOk);
  setIfKnown(metrics.redisAofRewriteOk, redis.aofLastRewriteOk);
  setIfKnown(metrics.redisEvicts, redis.evicts);

  for (const { name: queue, jobs, nextSinceMs, workers } of queues) {
    for (const [state, count] of Object.entries(jobs)) metrics.queueJobs.set({ queue, state }, count);
    // The producer's clock may be ahead of Redis'.
    const waitedMs = nextSinceMs === undefined ? 0 : Math.max(0, nowMs - nextSinceMs);
    metrics.queueOldestWaitingSeconds.set({ queue }, waitedMs / 1_000);
    if (workers !== undefined) metrics.queueWorkers.set({ queue }, workers);
  }
}
