import type { SeenLimits } from './limiter.ts';

const PREFIX = 'x-ratelimit-';

/** What a reply's `x-ratelimit-*` headers say; undefined when it has none that can be read, as of most compatible servers. */
export function readSeenLimits(headers: Headers): SeenLimits | undefined {
  const count = (name: string) => parseCount(headers.get(PREFIX + name));
  const duration = (name: string) => parseDurationMs(headers.get(PREFIX + name));
  const seen = {
    limitRequests: count('limit-requests'),
    limitTokens: count('limit-tokens'),
    remainingRequests: count('remaining-requests'),
    remainingTokens: count('remaining-tokens'),
    resetRequestsMs: duration('reset-requests'),
    resetTokensMs: duration('reset-tokens'),
  };
  return Object.values(seen).some((value) => value !== undefined) ? seen : undefined;
}

function parseCount(text: string | null): number | undefined {
  if (text === null || !/^\d{1,15}$/.test(text.trim())) return undefined;
  return Number(text);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `6m0s`, `12ms`, `1.5s`, as Go writes durations; a bare number is seconds. Milliseconds, or undefined for anything else. */
function parseDurationMs(text: string | null): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,9})?$/.test(trimmed)) return Number(trimmed) * 1_000;
  if (!/^(\d{1,9}(\.\d{1,9})?(ms|s|m|h|d)){1,5}$/.test(trimmed)) return undefined;
  let ms = 0;
  for (const [, amount, unit = ''] of trimmed.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return ms;
}
