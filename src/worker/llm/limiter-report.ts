import { OTHER } from '../../shared/telemetry/bounded-label.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../../shared/telemetry/metrics.ts';
import type { ExchangeReply } from './limiter-exchange.ts';

const RESOURCES = ['requests', 'tokens'] as const;

export interface LimiterReport {
  /** Hears every reply, or undefined when an exchange failed. */
  hear(reply: ExchangeReply | undefined): void;
  /** Nothing is asked for any more: what was heard last would grow old, and is no longer shown. */
  rest(): void;
}

/**
 * What the replies of a scope say, as metrics and as log lines: one when the fleet begins to wait, and one when it is paused.
 * Models that share the label `other` have no utilisation: each would overwrite that of the others.
 */
export function createLimiterReport(
  metrics: Pick<WorkerMetrics, 'limiterExchanges' | 'limitUtilisation' | 'modelLabel'>,
  logger: Pick<Logger, 'warn' | 'error'>,
  model: string,
): LimiterReport {
  const label = metrics.modelLabel(model);
  let waitReason = '';
  let pausedReason: string | undefined;
  return {
    hear(reply) {
      metrics.limiterExchanges.inc({ model: label, outcome: reply === undefined ? 'failed' : 'ok' });
      if (reply === undefined) return;
      if (reply.waitReason !== waitReason && reply.waitReason !== '') {
        logger.warn(
          { model, reason: reply.waitReason, waitMs: reply.waitMs },
          'the fleet waits for the provider',
        );
      }
      waitReason = reply.waitReason;
      const [reason, message] = reply.paused ?? [];
      if (reason !== pausedReason && reason !== undefined) {
        logger.error({ model, reason, error: message }, 'the fleet is paused until: persona-fleet resume');
      }
      pausedReason = reason;
      if (label === OTHER) return;
      for (const resource of RESOURCES) {
        const used = reply[resource];
        if (used !== undefined) metrics.limitUtilisation.set({ model: label, resource }, used);
      }
    },
    rest() {
      if (label === OTHER) return;
      for (const resource of RESOURCES) metrics.limitUtilisation.remove({ model: label, resource });
    },
  };
}
