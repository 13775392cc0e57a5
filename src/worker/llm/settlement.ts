import { type ModelPrice, nanoDollars } from '../../shared/models/prices.ts';
import type { CallOutcome, SeenLimits } from './limiter.ts';
import type { Usage } from './model-call.ts';
import type { Outcome } from './outcome.ts';
import type { Row } from './reactions.ts';

/**
 * How a request that was tried is settled: as its row says, or with its tokens where they are known, whatever else went wrong.
 * `row` is undefined for a usable answer.
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
  if (usage !== undefined) {
    const cost = price === undefined ? undefined : nanoDollars(price, tokensOf(usage));
    return { kind: 'answered', usage, nanoDollars: cost, latencyMs, seen };
  }
  const failing = row?.fleet === 'breaker';
  switch (row?.call) {
    case 'unsent':
      return { kind: 'unsent', unreachable: true };
    case 'refused': {
      const retryAfterMs = outcome.kind === 'error' ? outcome.error.retryAfterMs : undefined;
      return {
        kind: 'refused',
        rateLimited: row.fleet === 'waits' ? { retryAfterMs } : undefined,
        failing,
        seen,
      };
    }
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
