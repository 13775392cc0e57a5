import { ModelCallError, Reaction } from '../../shared/errors.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../../shared/telemetry/metrics.ts';

const SAID_AT = 3;
const MOST_IN_A_ROW = 20;
const SAY_AGAIN_AFTER_MS = 60_000;

const REMEDY = 'raise PERSONA_FLEET_RATE_GUARD_MS, or bring Redis nearer';

/**
 * Returns a function that hears of each permit of a call that grew old before its request could be sent, `inARow` of the same
 * call, and throws when no end of that is in sight.
 *
 * One now and then is nothing (a pause of the process, a connection that had to be made). When all of them are old, nothing is
 * ever sent, and somebody must hear of it.
 */
export function createStalePermits(options: {
  readonly metrics: Pick<WorkerMetrics, 'stalePermits' | 'modelLabel'>;
  readonly logger: Logger;
  readonly now: () => number;
}): (model: string, inARow: number) => void {
  const { metrics, logger, now } = options;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return (model, inARow) => {
    metrics.stalePermits.inc({ model: metrics.modelLabel(model) });
    if (inARow >= MOST_IN_A_ROW) {
      throw new ModelCallError(
        `no request can be sent in time: its two round trips to Redis (or a connection to the model endpoint) take longer than half of PERSONA_FLEET_RATE_GUARD_MS; ${REMEDY}`,
        { reaction: Reaction.pause, reason: 'slow_redis' },
      );
    }
    if (inARow < SAID_AT || now() - saidAtMs < SAY_AGAIN_AFTER_MS) return;
    saidAtMs = now();
    logger.warn({ model, reason: 'slow_redis' }, `permits grow old before they can be used: ${REMEDY}`);
  };
}
