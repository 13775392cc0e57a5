/** Exponential backoff with full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Uniform in [0, 1); injected so that tests are exact. */
  readonly random: () => number;
}

/**
 * Milliseconds to wait before the next call, after `failures` in a row (1 or more). What the provider asked for is
 * a floor, and the jitter comes on top of it: everybody who was told the same second must not return in it together.
 */
export function backoffMs(backoff: Backoff, failures: number, floorMs = 0): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(failures - 1, 30));
  return floorMs + backoff.random() * ceiling;
}
