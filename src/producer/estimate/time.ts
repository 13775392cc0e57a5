import type { ModelProfile } from '../../shared/models/model-profiles.ts';

/** How many calls are made at a time, as far as that is known here. */
export interface Rate {
  /** Calls that all workers together have in flight; undefined where they run elsewhere. */
  readonly inFlight: number | undefined;
  /** undefined: as `assumedLatencyMs` has it. */
  readonly latencyMs?: number | undefined;
}

export interface EstimatedTime {
  readonly seconds: number;
  /** What makes it so long. */
  readonly boundBy: 'requests per minute' | 'tokens per minute' | 'calls in flight';
  /** What one call was taken to last. */
  readonly latencyMs: number;
}

/** Until the first token, and for each of them: what models of the size that people are generated with take. */
const FIRST_TOKEN_MS = 1_000;
const TOKEN_MS = 15;

function assumedLatencyMs(completionTokens: number): number {
  return FIRST_TOKEN_MS + TOKEN_MS * completionTokens;
}

/** The time that the configured limits and the calls in flight allow; undefined where none of them is known. */
export function estimatedTime(
  work: { readonly calls: number; readonly promptTokens: number; readonly completionTokens: number },
  { rpm, tpm, charge, completionTokens: room }: ModelProfile,
  rate: Rate,
): EstimatedTime | undefined {
  const { calls, promptTokens, completionTokens } = work;
  if (calls === 0) return undefined;
  const latencyMs = rate.latencyMs ?? Math.round(assumedLatencyMs(completionTokens / calls));
  const charged = promptTokens + (charge === 'reserved' ? calls * room : completionTokens);
  const bounds: EstimatedTime[] = [];
  const bound = (boundBy: EstimatedTime['boundBy'], seconds: number) =>
    bounds.push({ boundBy, seconds: Math.max(seconds, latencyMs / 1_000), latencyMs });
  if (rpm > 0) bound('requests per minute', (calls / rpm) * 60);
  if (tpm > 0) bound('tokens per minute', (charged / tpm) * 60);
  if (rate.inFlight !== undefined && rate.inFlight > 0) {
    bound('calls in flight', (Math.ceil(calls / rate.inFlight) * latencyMs) / 1_000);
  }
  return bounds.toSorted((a, b) => b.seconds - a.seconds)[0];
}
