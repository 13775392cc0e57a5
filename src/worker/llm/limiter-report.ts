import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import type { ExchangeReply } from './limiter-exchange.ts';

/**
 * What the replies of a scope say, as metrics and as log lines: one when the fleet begins to wait, and one when it is paused.
 * Returns the function to call with every reply, or with undefined when an exchange failed.
 */
export function createLimiterReport(
  metrics: Metrics,
  logger: Logger,
  model: string,
): (reply: ExchangeReply | undefined) => void {
  let waitReason = '';
  let pausedReason: string | undefined;
  return (reply) => {
    metrics.limiterExchanges.inc({ model, outcome: reply === undefined ? 'failed' : 'ok' });
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
    metrics.fleetPaused.set({ model }, reason === undefined ? 0 : 1);
    for (const resource of ['requests', 'tokens'] as const) {
      const used = reply[resource];
      if (used !== undefined) metrics.limitUtilisation.set({ model, resource }, used);
    }
  };
}
