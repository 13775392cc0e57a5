import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { RateWindow } from './rate-window.ts';
import { createReceived, type Received, type ReceivedRecorder } from './received.ts';

/** What the server has seen of `POST /v1/chat/completions` since it started or was reset. */
export interface SimulatorStats {
  readonly simulated: true;
  /** Every call, malformed and refused ones included. */
  readonly calls: number;
  /** Completions that were sent whole. */
  readonly successes: number;
  /** Of these, the ones without an injected fault. */
  readonly successfulCalls: number;
  /** Calls whose caller left before the answer, and hanging ones that the stop of the server ended. */
  readonly aborted: number;
  /** Calls by status; connection resets have none. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Injected faults by kind, every kind listed. */
  readonly byFault: Readonly<Record<FaultKind, number>>;
  /** All 429s, injected ones and those of the strict limits. */
  readonly tooManyRequests: number;
  /** Calls that the strict limits refused, because each would have put a window over. */
  readonly windowsOver: number;
  /** Calls that the limits, or their absence, let through. */
  readonly admittedRequests: number;
  /** What these took from the limits, as the option `charge` has it. */
  readonly admittedTokens: number;
  /** Tokens of the completions that were written, truncated ones included. `cached` and `cacheWrite` are parts of `prompt`. */
  readonly tokens: Readonly<WrittenTokens>;
  /**
   * The most that well-formed calls asked for in any window of `windowMs`, refused calls included; tokens as they are
   * charged at admission. With limits set elsewhere, these tell whether the callers kept them.
   */
  readonly peak: {
    readonly windowMs: number;
    readonly requests: number;
    readonly tokens: number;
    /** Of the admitted calls alone, with tokens as the option `charge` has them. */
    readonly admitted: { readonly requests: number; readonly tokens: number };
  };
  readonly received: Received;
  readonly inFlight: number;
  readonly peakInFlight: number;
}

export interface WrittenTokens {
  prompt: number;
  cached: number;
  cacheWrite: number;
  completion: number;
}

export interface StatsRecorder {
  began(): void;
  received(request: Readonly<Record<string, unknown>>): void;
  asked(nowMs: number, chargedTokens: number): void;
  refusedByLimits(): void;
  /** With what the windows hold now, this call included. Returns the function that replaces its tokens by those it used. */
  admitted(chargedTokens: number, used: { requests: number; tokens: number }): (usedTokens: number) => void;
  met(fault: FaultKind): void;
  wrote(tokens: WrittenTokens): void;
  /** With `whole` when it was a completion that is sent whole. */
  answered(status: number, completion?: { whole: boolean; fault: FaultKind | undefined }): void;
  aborted(): void;
  ended(): void;
  snapshot(): SimulatorStats;
  /** Starts counting afresh; calls in flight stay in flight, and what was admitted stays in its window. */
  reset(): void;
}

interface Counts {
  calls: number;
  successes: number;
  successfulCalls: number;
  aborted: number;
  windowsOver: number;
  admittedRequests: number;
  admittedTokens: number;
  tokens: WrittenTokens;
  peakRequests: number;
  peakTokens: number;
  peakAdmittedRequests: number;
  peakAdmittedTokens: number;
  peakInFlight: number;
  readonly byStatus: Map<number, number>;
  readonly byFault: Map<FaultKind, number>;
  readonly requests: RateWindow;
  readonly chargedTokens: RateWindow;
  readonly received: ReceivedRecorder;
}

export function createStats(windowMs: number): StatsRecorder {
  let inFlight = 0;
  let counts = startCounts(windowMs, inFlight);

  return {
    began() {
      counts.calls++;
      inFlight++;
      counts.peakInFlight = Math.max(counts.peakInFlight, inFlight);
    },
    received: (request) => counts.received.count(request),
    asked(nowMs, chargedTokens) {
      counts.requests.add(nowMs, 1);
      counts.chargedTokens.add(nowMs, chargedTokens);
      counts.peakRequests = Math.max(counts.peakRequests, counts.requests.sum(nowMs));
      counts.peakTokens = Math.max(counts.peakTokens, counts.chargedTokens.sum(nowMs));
    },
    refusedByLimits() {
      counts.windowsOver++;
    },
    admitted(chargedTokens, used) {
      // A reset must not take back what it never counted.
      const now = counts;
      now.admittedRequests++;
      now.admittedTokens += chargedTokens;
      now.peakAdmittedRequests = Math.max(now.peakAdmittedRequests, used.requests);
      now.peakAdmittedTokens = Math.max(now.peakAdmittedTokens, used.tokens);
      return (usedTokens) => {
        now.admittedTokens += usedTokens - chargedTokens;
      };
    },
    met: (fault) => increment(counts.byFault, fault),
    wrote({ prompt, cached, cacheWrite, completion }) {
      counts.tokens.prompt += prompt;
      counts.tokens.cached += cached;
      counts.tokens.cacheWrite += cacheWrite;
      counts.tokens.completion += completion;
    },
    answered(status, completion) {
      increment(counts.byStatus, status);
      if (completion === undefined || !completion.whole) return;
      counts.successes++;
      if (completion.fault === undefined) counts.successfulCalls++;
    },
    aborted() {
      counts.aborted++;
    },
    ended() {
      inFlight--;
    },
    snapshot: () => ({
      simulated: true,
      calls: counts.calls,
      successes: counts.successes,
      successfulCalls: counts.successfulCalls,
      aborted: counts.aborted,
      byStatus: Object.fromEntries(counts.byStatus),
      byFault: faultCounts(counts.byFault),
      tooManyRequests: counts.byStatus.get(429) ?? 0,
      windowsOver: counts.windowsOver,
      admittedRequests: counts.admittedRequests,
      admittedTokens: counts.admittedTokens,
      tokens: { ...counts.tokens },
      peak: {
        windowMs,
        requests: counts.peakRequests,
        tokens: counts.peakTokens,
        admitted: { requests: counts.peakAdmittedRequests, tokens: counts.peakAdmittedTokens },
      },
      received: counts.received.snapshot(),
      inFlight,
      peakInFlight: counts.peakInFlight,
    }),
    reset() {
      counts = startCounts(windowMs, inFlight);
    },
  };
}

function startCounts(windowMs: number, inFlight: number): Counts {
  return {
    calls: 0,
    successes: 0,
    successfulCalls: 0,
    aborted: 0,
    windowsOver: 0,
    admittedRequests: 0,
    admittedTokens: 0,
    tokens: { prompt: 0, cached: 0, cacheWrite: 0, completion: 0 },
    peakRequests: 0,
    peakTokens: 0,
    peakAdmittedRequests: 0,
    peakAdmittedTokens: 0,
    peakInFlight: inFlight,
    byStatus: new Map(),
    byFault: new Map(),
    requests: new RateWindow(windowMs),
    chargedTokens: new RateWindow(windowMs),
    received: createReceived(),
  };
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function faultCounts(counts: ReadonlyMap<FaultKind, number>): Record<FaultKind, number> {
  const all = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, counts.get(kind) ?? 0]));
  return all as Record<FaultKind, number>;
}
