/**
 * The start/stop contract that every long-lived part keeps.
 *
 * `stop()` resolves when the part has finished; it is safe to call twice or before the part did anything, and
 * it is bounded in time. `Symbol.asyncDispose` is the same, so that tests can say `await using`.
 */
export interface Stoppable extends AsyncDisposable {
  stop(): Promise<void>;
}

/** Makes a `Stoppable` from a stop function: runs it once, whoever asks and however often. */
export function stoppable<T extends object>(part: T, stop: () => Promise<void>): T & Stoppable {
  let stopping: Promise<void> | undefined;
  const once = () => {
    stopping ??= stop();
    return stopping;
  };
  return Object.assign(part, { stop: once, [Symbol.asyncDispose]: once });
}

/** Resolves with the promise, or rejects with `message` after `timeoutMs`. The promise itself goes on unobserved. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Resolves with the promise, or with undefined as soon as the signal aborts: for whoever is told to stop while an answer may
 * never come. The promise itself goes on unobserved.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  promise.catch(() => {}); // reported below, unless the abort came first
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Sleeps; wakes at once, without throwing, when the signal aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
