import type { Keys } from '../../shared/keys.ts';
import type { CallKind } from '../../shared/limits/accounts.ts';
import type { Budget } from '../../shared/limits/ledger.ts';
import { limitScriptsOf } from '../../shared/limits/scripts.ts';
import { replyText } from '../../shared/lua-scripts.ts';
import type { Redis } from '../../shared/redis.ts';
import type { CallOutcome, SeenLimits } from './limiter.ts';

/** The script's lists are bounded, so that one worker cannot hold up Redis; what is beyond waits for the next exchange. */
export const LONGEST_LIST = 64;

/** What a process says of itself and of a scope with every exchange. */
export interface ScopeConfig {
  /** See `rate-scope.ts`. */
  readonly scope: string;
  /** What `scopes` says of it, for people. */
  readonly description: string;
  readonly process: string;
  readonly windowMs: number;
  readonly guardMs: number;
  readonly burst: number;
  /** Limits within a window; 0: what the provider says. */
  readonly requests: number;
  readonly tokens: number;
  readonly charge: 'used' | 'reserved';
  /** A call that has not ended by then is given up as lost. */
  readonly lifetimeMs: number;
  /** The fleet is paused when no connection came about for so long. */
  readonly unreachableMs: number;
  readonly fleetBudget: Budget;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export interface Ask {
  /** Unique among all processes and for all time. */
  readonly id: string;
  readonly account: string;
  readonly kind: CallKind;
  readonly tokens: number;
  /** For the answer, among the tokens. */
  readonly room: number;
  readonly nanoDollars: number | undefined;
}

export interface ExchangeMessage {
  /** Grows with each message of the process in this scope, not with its repetitions. */
  readonly number: number;
  /** The last of them that was answered; 0: none was. */
  readonly confirmed: number;
  /** Uniform in [0, 1): the jitter of a backoff. */
  readonly random: number;
  readonly settlements: readonly { readonly id: string; readonly outcome: CallOutcome }[];
  readonly asks: readonly Ask[];
  readonly cancelled: readonly string[];
}

export type Refusal = readonly [id: string, code: string, ...facts: string[]];

export interface ExchangeReply {
  readonly granted: readonly (readonly [id: string, sinceMs: number])[];
  readonly refused: readonly Refusal[];
  readonly sleepMs: number;
  readonly waitMs: number;
  readonly waitReason: string;
  readonly budgetWait: boolean;
  readonly paused?: readonly [reason: string, message: string];
  readonly requests?: number;
  readonly tokens?: number;
  readonly tokenLimit?: number;
}

export type Exchange = (message: ExchangeMessage) => Promise<ExchangeReply>;

/** The script `exchange` as a function for one scope. `now` stands in for Redis' clock in tests. */
export function createExchange(options: {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly config: ScopeConfig;
  readonly now?: (() => number) | undefined;
}): Exchange {
  const { redis, keys, config, now } = options;
  const { exchange } = limitScriptsOf(redis);
  const { state, queue, tickets, holds, deadlines, processes } = keys.limits.scope(config.scope);
  const { ledger, scopes } = keys.limits;
  const names = [state, queue, tickets, holds, deadlines, processes, ledger, scopes];
  const configText = JSON.stringify(config);
  return async (message) => {
    const text = JSON.stringify({
      ...message,
      asks: message.asks.map((ask) => ({
        ...ask,
        tokens: whole(ask.tokens),
        room: whole(ask.room),
        nanoDollars: optional(ask.nanoDollars, whole),
      })),
      settlements: message.settlements.map(({ id, outcome }) => ({ id, ...told(outcome) })),
    });
    const [code, reply] = await exchange(names, [configText, text, now === undefined ? '' : now()]);
    if (code !== 'ok') {
      throw new Error(`exchange-8.lua answered ${JSON.stringify(code)} to message ${message.number}`);
    }
    const parsed: ExchangeReply = JSON.parse(replyText(reply));
    return { ...parsed, granted: listOf(parsed.granted), refused: listOf(parsed.refused) };
  };
}

/**
 * An outcome as the script takes it. Its numbers come from providers and clocks: one that the script stumbled over would
 * be sent again for ever, and hold up all that is to be said after it.
 */
function told(outcome: CallOutcome) {
  switch (outcome.kind) {
    case 'answered': {
      const { usage, nanoDollars, latencyMs } = outcome;
      return {
        kind: outcome.kind,
        usage: {
          promptTokens: whole(usage.promptTokens),
          cachedTokens: whole(usage.cachedTokens),
          cacheWriteTokens: whole(usage.cacheWriteTokens),
          completionTokens: whole(usage.completionTokens),
        },
        nanoDollars: optional(nanoDollars, whole),
        latencyMs: whole(latencyMs),
        ...replyTold(outcome),
      };
    }
    case 'refused':
      return { kind: outcome.kind, ...replyTold(outcome) };
    case 'lost':
    case 'unsent':
      return outcome;
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

function replyTold({ failing, rateLimited, seen }: CallOutcome & { kind: 'answered' | 'refused' }) {
  const waits = optional(rateLimited, ({ retryAfterMs }) => ({ retryAfterMs: finite(retryAfterMs) }));
  return { failing, rateLimited: waits, seen: optional(seen, seenByResource) };
}

function seenByResource(seen: SeenLimits) {
  const one = (limit?: number, remaining?: number, resetMs?: number) => ({
    limit: finite(limit),
    remaining: finite(remaining),
    resetMs: finite(resetMs),
  });
  return {
    requests: one(seen.limitRequests, seen.remainingRequests, seen.resetRequestsMs),
    tokens: one(seen.limitTokens, seen.remainingTokens, seen.resetTokensMs),
  };
}

function optional<T, U>(value: T | undefined, of: (value: T) => U): U | undefined {
  return value === undefined ? undefined : of(value);
}

/** Rounded up, so that nothing is counted for less than it may be. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.ceil(value)) : 0;
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** cjson writes an empty list as an empty object. */
function listOf<T>(list: readonly T[]): readonly T[] {
  return Array.isArray(list) ? list : [];
}
