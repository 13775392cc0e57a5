import type { WorkerProgress } from '../shared/telemetry/metrics.ts';
import type { Health } from '../shared/telemetry/metrics-server.ts';
import type { ModelGateway } from './llm/model-call.ts';

type Model = Pick<ModelGateway, 'complete'>;

/**
 * Whether a worker makes progress, for its liveness probe: a process can answer a ping and still be wedged.
 *
 * Healthy while it is idle, while work ends, and while all of its work waits its turn: for a place at the model, or for
 * rate and budget, which may take hours at a low limit or when the provider asks for time. Unhealthy when work that could go
 * on has shown no progress for longer than the limit. The limit must be longer than one model call with its backoff, or a
 * slow provider would get good workers killed.
 */
export function createProgressWatch(options: {
  stallAfterMs: number;
  /** How much of the tracked work stands in line for a place at the model. */
  inLine: () => number;
  /** Until when the provider asked the fleet to wait: work may wait as long before it tries again. */
  waitingUntilMs: () => number;
  now: () => number;
}): {
  track<T>(work: () => Promise<T>): Promise<T>;
  /** The model for tracked work: a call that is let through, and one that ends, is progress. */
  watch(model: Model): Model;
  /** `lastProgressMs`: now, while there is nothing that could go on. */
  health(): Health & WorkerProgress;
} {
  const { stallAfterMs, inLine, waitingUntilMs, now } = options;
  let tracked = 0;
  let waitingForRate = 0;
  let lastProgressMs = now();
  const atWork = () => tracked - waitingForRate - inLine();
  const progress = () => {
    lastProgressMs = now();
  };
  return {
    async track(work) {
      if (atWork() <= 0) progress();
      tracked += 1;
      try {
        return await work();
      } finally {
        tracked -= 1;
        progress();
      }
    },
    watch: (model) => ({
      async complete(call, signal) {
        let isWaiting = false;
        const waits = () => {
          isWaiting = true;
          waitingForRate += 1;
        };
        const waited = () => {
          if (isWaiting) waitingForRate -= 1;
          isWaiting = false;
          progress();
        };
        const begin = () => {
          waited();
          return call.begin();
        };
        const takeBack = async () => {
          await call.takeBack();
          waits();
        };
        waits();
        try {
          return await model.complete({ ...call, begin, takeBack }, signal);
        } finally {
          waited();
        }
      },
    }),
    health() {
      const silentMs = Math.max(0, now() - Math.max(lastProgressMs, waitingUntilMs()));
      const detail = `${atWork()} at work, ${tracked - atWork()} waiting their turn; last progress ${silentMs} ms ago`;
      const isIdle = atWork() <= 0;
      return {
        healthy: isIdle || silentMs <= stallAfterMs,
        detail,
        lastProgressMs: isIdle ? now() : now() - silentMs,
      };
    },
  };
}
