import { type ModelPrice, nanoDollars } from '../../shared/models/prices.ts';
import type { CallOutcome, SeenLimits } from './limiter.ts';
import type { Usage } from './model-call.ts';
import type { Outcome } from './outcome.ts';
import type { Row } from './reactions.ts';

/**
 * How a request that was tried is settled: charged with its tokens where they are known, else as its row says. What the fleet
 * hears of it is another matter, which no charge may hide. `row` is undefined for a usable answer.
 */
export function settlementOf(ended: {
  readonly outcome: Outcome;
  readonly row: Row | undefined;
  readonly usage: Usage | undefined;
  readonly price: ModelPrice | undefined;
  readonly latencyMs: number;
  readonly seen: SeenLimits | undefined;
}): CallOutcome {
  const { outcome, row, usage, price, latencyMs, seen } = ended;
  const retryAfterMs = outcome.kind === 'error' ? outcome.error.retryAfterMs : undefined;
  const rateLimited = row?.fleet === 'waits' ? { retryAfterMs } : undefined;
  const failing = row?.fleet === 'breaker';
  if (usage !== undefined) {
    const cost = price === undefined ? undefined : nanoDollars(price, tokensOf(usage));
    return { kind: 'answered', usage, nanoDollars: cost, latencyMs, rateLimited, failing, seen };
  }
  switch (row?.call) {
    case 'unsent':
      return { kind: 'unsent', unreachable: true };
    case 'refused':
      return { kind: 'refused', rateLimited, failing, seen };
    default:
      // Sent, and nobody knows what it used.
      return { kind: 'lost', failing };
  }
}

function tokensOf({ promptTokens, cachedTokens, cacheWriteTokens, completionTokens }: Usage) {
  return {
    prompt: promptTokens,
    cached: cachedTokens,
    cacheWrite: cacheWriteTokens,
    completion: completionTokens,
  };
}
