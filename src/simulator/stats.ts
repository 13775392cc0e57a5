import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { RateWindow } from './rate-window.ts';

/** What the server has seen of `POST /v1/chat/completions` since it started or was reset. */
export interface SimulatorStats {
  readonly simulated: true;
  /** Every call, malformed and refused ones included. */
  readonly calls: number;
  /** Answers with status 200 that were sent whole. */
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
  /** Tokens of the completions that were written, truncated ones included. */
  readonly tokens: { readonly prompt: number; readonly cached: number; readonly completion: number };
  /**
   * The most that well-formed calls asked for in any window of `windowMs`, refused calls included; tokens as they are
   * charged at admission. With limits set elsewhere, these tell whether the callers kept them.
   */
  readonly peak: { readonly windowMs: number; readonly requests: number; readonly tokens: number };
  readonly inFlight: number;
  readonly peakInFlight: number;
}

export interface StatsRecorder {
  began(): void;
  asked(nowMs: number, chargedTokens: number): void;
  met(fault: FaultKind): void;
  wrote(tokens: { prompt: number; cached: number; completion: number }): void;
  answered(status: number, fault: FaultKind | undefined): void;
  aborted(): void;
  ended(): void;
  snapshot(): SimulatorStats;
  /** Starts counting afresh; calls in flight stay in flight. */
  reset(): void;
}

interface Counts {
  calls: number;
  successes: number;
  successfulCalls: number;
  aborted: number;
  tokens: { prompt: number; cached: number; completion: number };
  peakRequests: number;
  peakTokens: number;
  peakInFlight: number;
  readonly byStatus: Map<number, number>;
  readonly byFault: Map<FaultKind, number>;
  readonly requests: RateWindow;
  readonly chargedTokens: RateWindow;
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
    asked(nowMs, chargedTokens) {
      counts.requests.add(nowMs, 1);
      counts.chargedTokens.add(nowMs, chargedTokens);
      counts.peakRequests = Math.max(counts.peakRequests, counts.requests.sum(nowMs));
      counts.peakTokens = Math.max(counts.peakTokens, counts.chargedTokens.sum(nowMs));
    },
    met: (fault) => increment(counts.byFault, fault),
    wrote({ prompt, cached, completion }) {
      counts.tokens.prompt += prompt;
      counts.tokens.cached += cached;
      counts.tokens.completion += completion;
    },
    answered(status, fault) {
      increment(counts.byStatus, status);
      if (status !== 200 || fault === 'truncated') return;
      counts.successes++;
      if (fault === undefined) counts.successfulCalls++;
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
      tokens: { ...counts.tokens },
      peak: { windowMs, requests: counts.peakRequests, tokens: counts.peakTokens },
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
    tokens: { prompt: 0, cached: 0, completion: 0 },
    peakRequests: 0,
    peakTokens: 0,
    peakInFlight: inFlight,
    byStatus: new Map(),
    byFault: new Map(),
    requests: new RateWindow(windowMs),
    chargedTokens: new RateWindow(windowMs),
  };
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function faultCounts(counts: ReadonlyMap<FaultKind, number>): Record<FaultKind, number> {
  const all = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, counts.get(kind) ?? 0]));
  return all as Record<FaultKind, number>;
}
