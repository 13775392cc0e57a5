import { randomUUID } from 'node:crypto';
import { explain } from '../../shared/errors.ts';
import { delay, withDeadline } from '../../shared/lifecycle.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { CallOutcome, Permit, PermitRequest } from './limiter.ts';
import {
  type Ask,
  type Exchange,
  type ExchangeReply,
  LONGEST_LIST,
  type Refusal,
} from './limiter-exchange.ts';
import { refusalError } from './limiter-refusals.ts';
import { CallAbortedError } from './model-call.ts';

/** Timers know no less than a millisecond, and a worker that waits must be heard of: see the script. */
const SHORTEST_SLEEP_MS = 2;
const LONGEST_SLEEP_MS = 1_000;
/**
 * How long a call may take to get in line behind calls of its own process, and the end of one to be told while they wait: they
 * ride along with what is said anyway.
 */
const JOIN_MS = 100;
const FLUSH_MS = 2_000;
const RETRY_BASE_MS = 50;

export interface ScopeClientOptions {
  readonly exchange: Exchange;
  /** How old a permit may grow before its call is sent. */
  readonly freshMs: number;
  readonly random: () => number;
  /** Milliseconds of a clock that never steps; tests pass another. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Hears of every reply, and of every exchange that failed (undefined). */
  readonly onExchange: (reply: ExchangeReply | undefined) => void;
  /** Hears when nothing waits, is in flight or is left to be said. */
  readonly onIdle: () => void;
}

export interface ScopeClient {
  acquire(request: PermitRequest, signal: AbortSignal): Promise<Permit>;
  /** Ends all waiting; resolves when Redis knows of every call that has ended, or after 2 s. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly ask: Ask;
  readonly granted: (permit: Permit) => void;
  readonly failed: (error: Error) => void;
}

interface Settlement {
  readonly id: string;
  readonly outcome: CallOutcome;
  readonly taken: () => void;
}

/**
 * One process' side of a rate scope: gathers what there is to say while an exchange is under way, and says all of it with the
 * next. Nothing that could be let through waits for a batch to fill; only a call that comes while others of its process wait
 * for the rate gets in line with their next exchange, 100 ms later at the most.
 *
 * What Redis has not confirmed is said again. So an exchange whose reply was lost, and an outage, cost time and nothing else. A
 * Redis that has forgotten everything has forgotten the calls in flight as well, which nobody counts then; of the rate,
 * see the script.
 *
 * While calls wait or are in flight something is said every second, so that the script knows that this process is alive.
 */
export function createScopeClient(options: ScopeClientOptions): ScopeClient {
  const { exchange, freshMs, random, now, logger, onExchange, onIdle } = options;
  // In the order in which they came.
  const waiting = new Map<string, Waiting>();
  const settlements = new Map<string, Settlement>();
  const cancelled = new Set<string>();
  const said = new Set<string>();
  let number = 0;
  let confirmed = 0;
  let inFlight = 0;
  let failures = 0;
  let busy = false;
  let ended = false;
  // Calls of this process wait for the rate: one more would wait behind them.
  let inLine = false;
  // A call has ended in a way that may concern everybody.
  let pressing = false;
  let timer: NodeJS.Timeout | undefined;
  let wakesAtMs = 0;
  let idle = Promise.withResolvers<void>();
  idle.resolve();

  const hasUnsaid = () => first(waiting.keys()).some((id) => !said.has(id));
  const isUrgent = () => cancelled.size > 0 || pressing || (!inLine && (settlements.size > 0 || hasUnsaid()));
  const hasMore = () => settlements.size > 0 || hasUnsaid();

  function sleep(ms: number): void {
    clearTimeout(timer);
    wakesAtMs = performance.now() + ms;
    timer = setTimeout(wake, ms);
  }

  function wake(): void {
    if (busy || ended) return;
    busy = true;
    idle = Promise.withResolvers<void>();
    clearTimeout(timer);
    timer = undefined;
    // Calls that come in one turn of the event loop share the exchange.
    queueMicrotask(() => void talk().finally(idle.resolve));
  }

  async function talk(): Promise<void> {
    let sleepMs = LONGEST_SLEEP_MS;
    do {
      sleepMs = await exchangeOnce();
    } while (!ended && failures === 0 && isUrgent());
    busy = false;
    if (!ended && (waiting.size > 0 || inFlight > 0 || hasMore() || isUrgent())) {
      sleep(hasMore() ? Math.min(JOIN_MS, sleepMs) : sleepMs);
    } else {
      onIdle();
    }
  }

  function join(): void {
    if (busy) return;
    if (!inLine || pressing || timer === undefined) wake();
    else if (wakesAtMs - performance.now() > JOIN_MS) sleep(JOIN_MS);
  }

  /** Returns how long to sleep. */
  async function exchangeOnce(): Promise<number> {
    const asks = first(waiting.values()).map(({ ask }) => ask);
    const settled = first(settlements.values());
    const given = first(cancelled.keys());
    const wasPressing = pressing;
    pressing = false;
    const sentAtMs = now();
    number += 1;
    for (const { id } of asks) said.add(id);
    try {
      const reply = await exchange({
        number,
        confirmed,
        random: random(),
        settlements: settled.map(({ id, outcome }) => ({ id, outcome })),
        asks,
        cancelled: given,
      });
      failures = 0;
      confirmed = number;
      for (const id of given) cancelled.delete(id);
      for (const { id, taken } of settled) {
        settlements.delete(id);
        taken();
      }
      for (const [id, sinceMs] of reply.granted) end(id)?.granted(permitOf(id, sentAtMs - sinceMs));
      for (const refusal of reply.refused) refuse(refusal);
      inLine = !reply.budgetWait && first(waiting.keys()).some((id) => said.has(id));
      onExchange(reply);
      return Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, reply.sleepMs));
    } catch (error) {
      if (failures === 0) logger.warn({ error: explain(error) }, 'the rate budget cannot be reached');
      failures += 1;
      inLine = false;
      pressing ||= wasPressing;
      onExchange(undefined);
      return Math.min(LONGEST_SLEEP_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 10));
    }
  }

  function end(id: string): Waiting | undefined {
    const entry = waiting.get(id);
    waiting.delete(id);
    said.delete(id);
    return entry;
  }

  function refuse(refusal: Refusal): void {
    const entry = end(refusal[0]);
    if (entry === undefined) return;
    try {
      entry.failed(refusalError(refusal));
    } catch (error) {
      entry.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function permitOf(id: string, grantedAtMs: number): Permit {
    let settling: Promise<void> | undefined;
    inFlight += 1;
    return {
      isFresh: () => now() - grantedAtMs <= freshMs,
      settle(outcome) {
        settling ??= new Promise<void>((taken) => {
          inFlight -= 1;
          if (ended) return taken();
          settlements.set(id, { id, outcome, taken });
          pressing ||= outcome.kind !== 'answered' || isTrouble(outcome);
          join();
        });
        return settling;
      },
    };
  }

  function give(id: string, error: Error): void {
    const wasSaid = said.has(id);
    const entry = end(id);
    if (entry === undefined) return;
    if (wasSaid) cancelled.add(id);
    entry.failed(error);
    if (wasSaid) wake();
  }

  const aborted = (message: string, cause?: unknown) =>
    new CallAbortedError(message, { wasSent: false, cause });

  return {
    async acquire(request, signal) {
      if (signal.aborted || ended) throw aborted('stopped before the call');
      const id = randomUUID();
      const onAbort = () => give(id, aborted('stopped while waiting for the rate limit'));
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await new Promise<Permit>((granted, failed) => {
          waiting.set(id, { ask: askOf(id, request), granted, failed });
          join();
        });
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    async stop() {
      for (const id of waiting.keys()) give(id, aborted('stopped while waiting for the rate limit'));
      const flush = async () => {
        while (!ended && (busy || hasMore() || isUrgent())) {
          wake();
          await idle.promise;
          if (failures > 0) await delay(RETRY_BASE_MS);
        }
      };
      await withDeadline(flush(), FLUSH_MS, 'too late').catch(() => {
        logger.warn(
          { error: `${settlements.size} calls` },
          'calls that ended could not be told; they will count as lost',
        );
      });
      ended = true;
      clearTimeout(timer);
      for (const { taken } of settlements.values()) taken();
    },
  };
}

/** An answer that was paid for, and is a 429 or a failure all the same. */
function isTrouble({ rateLimited, failing }: CallOutcome & { kind: 'answered' }): boolean {
  return rateLimited !== undefined || failing === true;
}

function first<T>(entries: Iterable<T>): T[] {
  return [...entries].slice(0, LONGEST_LIST);
}

function askOf(
  id: string,
  { account, kind, promptTokens, completionTokens, nanoDollars }: PermitRequest,
): Ask {
  return { id, account, kind, tokens: promptTokens + completionTokens, room: completionTokens, nanoDollars };
}
