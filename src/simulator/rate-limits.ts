import { rateLimitExceeded } from './openai-errors.ts';
import { RateWindow } from './rate-window.ts';

type Unit = 'requests' | 'tokens';

export interface RateLimits {
  /** Admits one call or throws the 429 that OpenAI sends. A refused call takes nothing from the window. */
  admit(nowMs: number, tokens: number, model: string): void;
  /** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` of the limits that are set. */
  headers(nowMs: number): Record<string, string>;
}

interface Limit {
  readonly unit: Unit;
  readonly label: string;
  readonly limit: number;
  readonly window: RateWindow;
}

/** Strict: no window of `windowMs`, wherever it starts, admits more than the limits. */
export function createRateLimits(limits: {
  rpm?: number | undefined;
  tpm?: number | undefined;
  windowMs: number;
}): RateLimits {
  const make = (unit: Unit, label: string, limit: number | undefined): Limit[] =>
    limit === undefined ? [] : [{ unit, label, limit, window: new RateWindow(limits.windowMs) }];
  const active = [
    ...make('requests', 'requests per min (RPM)', limits.rpm),
    ...make('tokens', 'tokens per min (TPM)', limits.tpm),
  ];
  const amountOf = (unit: Unit, tokens: number) => (unit === 'requests' ? 1 : tokens);

  const headers = (nowMs: number) => {
    const all: Record<string, string> = {};
    for (const { unit, limit, window } of active) {
      all[`x-ratelimit-limit-${unit}`] = String(limit);
      all[`x-ratelimit-remaining-${unit}`] = String(limit - window.sum(nowMs));
      all[`x-ratelimit-reset-${unit}`] = formatReset(window.msUntilEmpty(nowMs));
    }
    return all;
  };

  return {
    headers,
    admit(nowMs, tokens, model) {
      for (const { unit, label, limit, window } of active) {
        const requested = amountOf(unit, tokens);
        const used = window.sum(nowMs);
        if (used + requested <= limit) continue;
        const numbers = `Limit ${limit}, Used ${used}, Requested ${requested}`;
        if (requested > limit)
          throw rateLimitExceeded(
            `Request too large for ${model} on ${label}: ${numbers}. The input or output tokens must be reduced in order to run successfully.`,
            unit,
            headers(nowMs),
          );
        const waitMs = Math.ceil(window.msUntilAtMost(limit - requested, nowMs));
        throw rateLimitExceeded(
          `Rate limit reached for ${model} on ${label}: ${numbers}. Please try again in ${formatReset(waitMs)}.`,
          unit,
          {
            ...headers(nowMs),
            'retry-after-ms': String(waitMs),
            'retry-after': String(Math.ceil(waitMs / 1000)),
          },
        );
      }
      for (const { unit, window } of active) window.add(nowMs, amountOf(unit, tokens));
    },
  };
}

/** OpenAI's notation: `12ms`, `1.5s`, `6m0s`. */
export function formatReset(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = `${Number(((whole - minutes * 60_000) / 1000).toFixed(3))}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}
