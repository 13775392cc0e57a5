import type { Keys } from '../../shared/keys.ts';
import { type Stoppable, stoppable } from '../../shared/lifecycle.ts';
import type { CallKind } from '../../shared/limits/accounts.ts';
import type { Budget } from '../../shared/limits/ledger.ts';
import { rateScopeId } from '../../shared/limits/rate-scope.ts';
import { describeScope } from '../../shared/limits/scope-description.ts';
import { limitScriptsOf } from '../../shared/limits/scripts.ts';
import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import type { Redis } from '../../shared/redis.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../../shared/telemetry/metrics.ts';
import type { Backoff } from './backoff.ts';
import { createExchange, type ScopeConfig } from './limiter-exchange.ts';
import { createLimiterReport } from './limiter-report.ts';
import { createScopeClient, type ScopeClient } from './limiter-scope.ts';
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

/** What a reply says besides what it was asked for. */
interface Reply {
  /** 429: everybody waits, for what the provider asks for or for a backoff. */
  readonly rateLimited?: { readonly retryAfterMs: number | undefined } | undefined;
  /** The provider is failing (5xx): many in a row open a breaker. */
  readonly failing?: boolean;
  readonly seen?: SeenLimits | undefined;
}

/** How a call ended, as far as limits and bills are concerned. */
export type CallOutcome =
  /** The provider never heard of it: everything is given back. `unreachable`: it was tried, and no connection came about. */
  | { readonly kind: 'unsent'; readonly unreachable?: boolean }
  | ({
      /** A reply that names its tokens; it may be an error all the same. */
      readonly kind: 'answered';
      readonly usage: Usage;
      /** What it cost; undefined for a model without a known price. */
      readonly nanoDollars: number | undefined;
      readonly latencyMs: number;
    } & Reply)
  /** An error reply: nothing is billed, but it counts against the limits like any other request. */
  | ({ readonly kind: 'refused' } & Reply)
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
 * First come, first served. What is promised stands at the head of exchange-8.lua, which keeps it.
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
  /** Tokens that may be used within a window, one request's at the most; undefined when no limit is known (yet). */
  tokenLimit(): number | undefined;
}

/** `stop()` tells Redis what is settled by then; bounded in time. */
export interface Limiters extends Stoppable {
  of(model: string): Limiter;
  /** The latest of all. */
  waitingUntilMs(): number;
}

export interface LimitersOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Unique among all processes, for all time. */
  readonly processId: string;
  readonly endpoint: { readonly baseUrl: string | undefined; readonly apiKey: string };
  readonly profileOf: (model: string) => Pick<ModelProfile, 'rpm' | 'tpm' | 'charge'>;
  /** Share of a limit that may go at once, in (0, 1]. */
  readonly burst: number;
  /** What limits are meant for: a minute, but for tests. */
  readonly windowMs: number;
  /** How much later than it was let through a request may reach the provider. */
  readonly guardMs: number;
  /** The most that one call can take; one that was not settled 10 s later is given up as lost. */
  readonly callTimeoutMs: number;
  /** What all accounts together may spend. */
  readonly fleetBudget: Budget;
  readonly backoff: Backoff;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
  /** Milliseconds; stands in for Redis' clock and the process' own in tests. */
  readonly now?: () => number;
  /** How long no connection must have come about before the fleet is paused. */
  readonly unreachableMs?: number;
}

const SETTLED_AT_LEAST_MS = 10_000;
const UNREACHABLE_MS = 120_000;
const SWEEP_EVERY_MS = 5_000;

/** The limiters of one process: one for each model, made when it is first asked for. */
export function createLimiters(options: LimitersOptions): Limiters {
  const { redis, keys, endpoint, profileOf, guardMs, metrics, logger, now } = options;
  const monotonic = now ?? (() => performance.now());
  const scopes = new Map<string, { limiter: Limiter; client: ScopeClient }>();
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  /**
   * A budget may wait for calls of another model, whose worker died and which nobody else calls: only here would they
   * be given up, and only here are scopes that have vanished taken off the list.
   */
  async function sweep(): Promise<void> {
    if (monotonic() - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = monotonic();
    for (const id of await redis.hkeys(keys.limits.scopes)) {
      const { state, holds, deadlines } = keys.limits.scope(id);
      const { ledger, scopes: listed } = keys.limits;
      await limitScriptsOf(redis).reap([state, holds, deadlines, ledger, listed], [id, now?.() ?? '']);
    }
  }

  function open(model: string) {
    const id = rateScopeId({ ...endpoint, model });
    const { rpm, tpm, charge } = profileOf(model);
    const config: ScopeConfig = {
      scope: id,
      description: describeScope({ model, baseUrl: endpoint.baseUrl, windowMs: options.windowMs }),
      process: options.processId,
      windowMs: options.windowMs,
      guardMs,
      burst: options.burst,
      requests: rpm,
      tokens: tpm,
      charge,
      lifetimeMs: options.callTimeoutMs + SETTLED_AT_LEAST_MS,
      unreachableMs: options.unreachableMs ?? UNREACHABLE_MS,
      fleetBudget: options.fleetBudget,
      backoff: { baseMs: options.backoff.baseMs, maxMs: options.backoff.maxMs },
    };
    let waitingUntilMs = 0;
    let tokenLimit = tpm > 0 ? tpm : undefined;
    let isKnown = false;
    const label = { model: metrics.modelLabel(model) };
    const report = createLimiterReport(metrics, logger, model);
    const client = createScopeClient({
      exchange: createExchange({ redis, keys, config, now }),
      freshMs: Math.max(5, guardMs / 2),
      random: options.backoff.random,
      now: monotonic,
      logger,
      onExchange(reply) {
        report.hear(reply);
        if (reply === undefined) return;
        tokenLimit = reply.tokenLimit;
        waitingUntilMs = reply.waitMs > 0 ? (now ?? Date.now)() + reply.waitMs : 0;
        if (reply.budgetWait || !isKnown) sweep().catch(() => {}); // tried again while the budget waits
        isKnown = true;
      },
      onIdle: report.rest,
    });
    const limiter: Limiter = {
      async acquire(request, signal) {
        const startedAt = monotonic();
        try {
          return countingLost(await client.acquire(request, signal), () => metrics.lostCalls.inc(label));
        } finally {
          metrics.limiterWaitSeconds.observe(label, (monotonic() - startedAt) / 1000);
        }
      },
      async pause(reason, message) {
        const { state } = keys.limits.scope(id);
        // A scope that nobody uses vanishes; a pause must not.
        await redis
          .multi()
          .hset(state, { pausedReason: reason, pausedMessage: message })
          .persist(state)
          .exec();
      },
      waitingUntilMs: () => waitingUntilMs,
      tokenLimit: () => tokenLimit,
    };
    return { limiter, client };
  }

  const limiters: Omit<Limiters, keyof Stoppable> = {
    of(model) {
      const known = scopes.get(model) ?? open(model);
      scopes.set(model, known);
      return known.limiter;
    },
    waitingUntilMs: () => Math.max(0, ...[...scopes.values()].map(({ limiter }) => limiter.waitingUntilMs())),
  };
  return stoppable(limiters, async () => {
    await Promise.all([...scopes.values()].map(({ client }) => client.stop()));
  });
}

function countingLost(permit: Permit, onLost: () => void): Permit {
  return {
    isFresh: permit.isFresh,
    settle(outcome) {
      if (outcome.kind === 'lost') onLost();
      return permit.settle(outcome);
    },
  };
}
