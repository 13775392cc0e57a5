import type { Stoppable } from '../../shared/lifecycle.ts';
import type { CallKind } from '../../shared/limits/accounts.ts';
import type { Usage } from './model-call.ts';

/** What a call needs before it may be sent. */
export interface PermitRequest {
  /** See `accounts.ts`. */
  readonly account: string;
  readonly kind: CallKind;
  /** Counted, on the safe side. */
  readonly promptTokens: number;
  /** `max_completion_tokens` as it will be sent. */
  readonly completionTokens: number;
  /** The most it can cost, in US dollars × 10⁻⁹; undefined for a model without a known price. */
  readonly nanoDollars: number | undefined;
}

/** A call that was let through: it counts against the limits from now on, and must be settled, once. */
export interface Permit {
  /**
   * Whether the call may be sent now. A permit grows old: sent much later than it was given, the call would fall into another
   * window of the provider's than into ours. Settle an old one as `unsent` and ask again.
   */
  isFresh(): boolean;
  /** Never rejects; what could not be told to Redis is told later, or given up by it as lost. */
  settle(outcome: CallOutcome): Promise<void>;
}

/** How a call ended, as far as limits and bills are concerned. */
export type CallOutcome =
  /** The provider never heard of it: everything is given back. `unreachable`: it was tried, and no connection came about. */
  | { readonly kind: 'unsent'; readonly unreachable?: boolean }
  | {
      readonly kind: 'answered';
      readonly usage: Usage;
      /** What it cost; undefined for a model without a known price. */
      readonly nanoDollars: number | undefined;
      readonly latencyMs: number;
      readonly seen?: SeenLimits | undefined;
    }
  /** An error reply: nothing is billed, but it counts against the limits like any other request. */
  | {
      readonly kind: 'refused';
      /** 429: everybody waits, for what the provider asks for or for a backoff. */
      readonly rateLimited?: { readonly retryAfterMs: number | undefined } | undefined;
      /** The provider is failing (5xx): many in a row open a breaker. */
      readonly failing?: boolean;
      readonly seen?: SeenLimits | undefined;
    }
  /** Nobody knows (timeout, reset, abort): nothing is given back, and it is counted as lost. */
  | { readonly kind: 'lost'; readonly failing?: boolean };

/** `x-ratelimit-*` of a reply, where it has them. */
export interface SeenLimits {
  readonly limitRequests?: number | undefined;
  readonly limitTokens?: number | undefined;
  readonly remainingRequests?: number | undefined;
  readonly remainingTokens?: number | undefined;
  readonly resetRequestsMs?: number | undefined;
  readonly resetTokensMs?: number | undefined;
}

/**
 * The fleet's rate budget and spending for one model, key and endpoint, in Redis: shared by all workers of all simulations.
 *
 * First come, first served. See the script for what is promised.
 */
export interface Limiter {
  /**
   * Waits until the call may be sent. Throws ModelCallError (pause) where no waiting helps: the fleet is paused, the
   * account's or the fleet's budget is spent, one request is larger than the limit; and CallAbortedError (unsent) when the
   * signal aborts.
   */
  acquire(request: PermitRequest, signal: AbortSignal): Promise<Permit>;
  /** No call can succeed until a person acts: no further one of this model is let through, by any worker, until `resume`. */
  pause(reason: string, message: string): Promise<void>;
  /** Until when the fleet waits because the provider asked for time, by this process' clock; in the past when it does not. */
  waitingUntilMs(): number;
}

/** `stop()` tells Redis what is settled by then; bounded in time. */
export interface Limiters extends Stoppable {
  of(model: string): Limiter;
  /** The latest of all. */
  waitingUntilMs(): number;
}
