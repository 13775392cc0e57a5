import { type ApiError, rateLimitExceeded } from './openai-errors.ts';
import { RateWindow } from './rate-window.ts';

type Unit = 'requests' | 'tokens';
type Amounts = Readonly<Record<Unit, number>>;

/** The limits in force; one that is undefined is none. */
export interface LimitSettings {
  readonly current: {
    readonly rpm?: number | undefined;
    readonly tpm?: number | undefined;
    readonly rateLimitHeaders: boolean;
  };
}

export interface RateLimits {
  /** The 429 that OpenAI sends when a call does not fit; it takes nothing from the windows. Undefined when it fits. */
  refusal(nowMs: number, tokens: number, model: string): ApiError | undefined;
  /** Admits a call. Returns the place of its tokens, for `settle`. */
  admit(nowMs: number, tokens: number): number;
  /** What the windows hold. */
  used(nowMs: number): Amounts;
  /** Replaces the tokens of an admitted call, in the window of its admission. */
  settle(place: number, tokens: number): void;
  /** `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` of the limits that are set. */
  headers(nowMs: number): Record<string, string>;
}

const UNITS: readonly Unit[] = ['requests', 'tokens'];
const LABELS = { requests: 'requests per min (RPM)', tokens: 'tokens per min (TPM)' };

/**
 * Strict: no window of `windowMs`, wherever it starts, admits more than the limits. A limit that is lowered or set later
 * counts what was admitted before.
 */
export function createRateLimits(settings: LimitSettings, windowMs: number): RateLimits {
  const windows = { requests: new RateWindow(windowMs), tokens: new RateWindow(windowMs) };
  const limitOf = (unit: Unit) => (unit === 'requests' ? settings.current.rpm : settings.current.tpm);

  const headers: RateLimits['headers'] = (nowMs) => {
    const all: Record<string, string> = {};
    if (!settings.current.rateLimitHeaders) return all;
    for (const unit of UNITS) {
      const limit = limitOf(unit);
      if (limit === undefined) continue;
      all[`x-ratelimit-limit-${unit}`] = String(limit);
      all[`x-ratelimit-remaining-${unit}`] = String(Math.max(0, limit - windows[unit].sum(nowMs)));
      all[`x-ratelimit-reset-${unit}`] = formatReset(windows[unit].msUntilEmpty(nowMs));
    }
    return all;
  };

  return {
    headers,
    refusal(nowMs, tokens, model) {
      for (const unit of UNITS) {
        const limit = limitOf(unit);
        if (limit === undefined) continue;
        const requested = unit === 'requests' ? 1 : tokens;
        const used = windows[unit].sum(nowMs);
        if (used + requested <= limit) continue;
        const numbers = `Limit ${limit}, Used ${used}, Requested ${requested}`;
        if (requested > limit)
          return rateLimitExceeded(
            `Request too large for ${model} on ${LABELS[unit]}: ${numbers}. The input or output tokens must be reduced in order to run successfully.`,
            unit,
            headers(nowMs),
          );
        const waitMs = Math.ceil(windows[unit].msUntilAtMost(limit - requested, nowMs));
        return rateLimitExceeded(
          `Rate limit reached for ${model} on ${LABELS[unit]}: ${numbers}. Please try again in ${formatReset(waitMs)}.`,
          unit,
          {
            ...headers(nowMs),
            'retry-after-ms': String(waitMs),
            'retry-after': String(Math.ceil(waitMs / 1000)),
          },
        );
      }
      return undefined;
    },
    admit(nowMs, tokens) {
      windows.requests.add(nowMs, 1);
      return windows.tokens.add(nowMs, tokens);
    },
    used: (nowMs) => ({ requests: windows.requests.sum(nowMs), tokens: windows.tokens.sum(nowMs) }),
    settle: (place, tokens) => windows.tokens.amend(place, tokens),
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
