import type { Health } from '../shared/telemetry/metrics-server.ts';

/**
 * Whether a worker makes progress, for its liveness probe: a process can answer a ping and still be wedged.
 *
 * Healthy while it is idle, or while slots in flight end. The limit must be longer than one model call with its
 * backoff, or a slow provider would get good workers killed.
 */
export function createProgressWatch(options: {
  stallAfterMs: number;
  /** Until when the provider asked to wait: silence up to then is obedience, not a stall. */
  waitingUntilMs: () => number;
  now: () => number;
}): {
  track<T>(work: () => Promise<T>): Promise<T>;
  health(): Health;
} {
  const { stallAfterMs, waitingUntilMs, now } = options;
  let inFlight = 0;
  let lastEndMs = now();
  return {
    async track(work) {
      if (inFlight === 0) lastEndMs = now();
      inFlight += 1;
      try {
        return await work();
      } finally {
        inFlight -= 1;
        lastEndMs = now();
      }
    },
    health() {
      const silentMs = Math.max(0, now() - Math.max(lastEndMs, waitingUntilMs()));
      const healthy = inFlight === 0 || silentMs <= stallAfterMs;
      return { healthy, detail: `${inFlight} slots in flight, last one ended ${silentMs} ms ago` };
    },
  };
}
