import { delay, type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { LocalProcess } from './local-processes.ts';

/** A crash loop must not become a fork bomb: wait longer after each crash that follows soon on the last. */
const RESTART_FIRST_MS = 200;
const RESTART_MAX_MS = 10_000;
const STABLE_AFTER_MS = 30_000;

export interface LocalFleet extends Stoppable {
  pids(): number[];
}

/**
 * Keeps `size` worker processes running: starts them, replaces those that die, stops them all together. Rejects when a
 * worker cannot be started at first; the ones already started are stopped then.
 */
export async function startLocalFleet(options: {
  size: number;
  start: (index: number) => Promise<LocalProcess>;
  onCrash: (index: number, how: string) => void;
}): Promise<LocalFleet> {
  const { size, start, onCrash } = options;
  const stopping = new AbortController();
  const workers = new Map<number, LocalProcess>();

  async function keepRunning(index: number, first: LocalProcess): Promise<void> {
    let worker = first;
    let waitMs = RESTART_FIRST_MS;
    for (;;) {
      const startedAt = Date.now();
      const { code, signal } = await worker.ended;
      workers.delete(index);
      if (stopping.signal.aborted) return;
      onCrash(index, signal ?? `exit code ${code}`);
      waitMs =
        Date.now() - startedAt > STABLE_AFTER_MS ? RESTART_FIRST_MS : Math.min(waitMs * 2, RESTART_MAX_MS);
      for (;;) {
        await delay(waitMs, stopping.signal);
        if (stopping.signal.aborted) return;
        try {
          worker = await start(index);
          break;
        } catch (error) {
          onCrash(index, error instanceof Error ? error.message : String(error));
          waitMs = Math.min(waitMs * 2, RESTART_MAX_MS);
        }
      }
      workers.set(index, worker);
      if (stopping.signal.aborted) await worker.stop();
    }
  }

  const started = await Promise.allSettled(Array.from({ length: size }, (_, index) => start(index)));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(
      started.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)),
    );
    throw failed.reason;
  }
  const loops = started.flatMap((result, index) => {
    if (result.status !== 'fulfilled') return [];
    workers.set(index, result.value);
    return [keepRunning(index, result.value)];
  });

  return stoppable({ pids: () => [...workers.values()].map(({ pid }) => pid) }, async () => {
    stopping.abort();
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
    await Promise.all(loops);
  });
}
