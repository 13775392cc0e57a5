/** Nobody means more than an hour; a larger value is a mistake that would look like a hang. */
const LONGEST_MS = 3_600_000;

/**
 * How long a provider asks to wait, in milliseconds: `retry-after-ms`, else `retry-after` as seconds or as a date.
 * undefined when it does not say, or says something that is neither.
 */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const inMilliseconds = parseNumber(headers?.get('retry-after-ms'));
  if (inMilliseconds !== undefined) return clamp(inMilliseconds);
  const text = headers?.get('retry-after');
  const inSeconds = parseNumber(text);
  if (inSeconds !== undefined) return clamp(inSeconds * 1000);
  // Only a full HTTP date: Date.parse takes almost anything with a digit in it.
  if (text && /^[A-Za-z]{3,9}, /.test(text)) {
    const at = Date.parse(text);
    if (!Number.isNaN(at)) return clamp(at - nowMs);
  }
  return undefined;
}

function parseNumber(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function clamp(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_MS);
}
