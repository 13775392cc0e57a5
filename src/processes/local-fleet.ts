import { delay, type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { LocalProcess } from './local-process.ts';

/** A crash loop must not become a fork bomb: wait longer after each crash that follows soon on the last. */
const RESTART_FIRST_MS = 200;
const RESTART_MAX_MS = 10_000;
const STABLE_AFTER_MS = 30_000;

/** One place of a fleet, whichever process holds it. */
export interface FleetMember {
  readonly index: number;
  /** undefined: it has died, and the next one is not up yet. */
  readonly process: LocalProcess | undefined;
  /** How long there has been none; 0 while there is one. */
  readonly downMs: number;
  /** Deaths and failed starts, each soon after the one before; 0 once a process has run for 30 s. */
  readonly failuresInARow: number;
}

export interface LocalFleet extends Stoppable {
  /** All of them; those that have ended because they were told to are gone. */
  members(): FleetMember[];
}

interface Place {
  process: LocalProcess | undefined;
  /** When the process became ready, or when there was none any more. */
  sinceMs: number;
  failuresInARow: number;
}

/**
 * Keeps `size` worker processes running: starts them, replaces those that die, stops them all together. It never gives up on
 * one, however often it dies: `members()` tells. Rejects when a worker cannot be started at first; the ones already started are
 * stopped then. The signal that `start` gets aborts with `stop()`, and with `signal` while the first ones are started: it should
 * reject soon then, as `stop()` waits for it.
 */
export async function startLocalFleet(options: {
  size: number;
  start: (index: number, signal: AbortSignal) => Promise<LocalProcess>;
  onCrash: (index: number, how: string) => void;
  signal?: AbortSignal;
  now?: () => number;
}): Promise<LocalFleet> {
  const { size, start, onCrash, signal, now = Date.now } = options;
  const stopping = new AbortController();
  const places = new Map<number, Place>();

  const isStable = (place: Place) => place.process !== undefined && now() - place.sinceMs > STABLE_AFTER_MS;

  function put(index: number, process: LocalProcess): void {
    const failuresInARow = places.get(index)?.failuresInARow ?? 0;
    places.set(index, { process, sinceMs: now(), failuresInARow });
  }

  /** Returns how long to wait before the next start. */
  function fail(index: number, how: string): number {
    const place = places.get(index);
    const before = place === undefined || isStable(place) ? 0 : place.failuresInARow;
    // A start that failed leaves it down since its process died.
    const sinceMs = place !== undefined && place.process === undefined ? place.sinceMs : now();
    places.set(index, { process: undefined, sinceMs, failuresInARow: before + 1 });
    onCrash(index, how);
    return Math.min(RESTART_FIRST_MS * 2 ** before, RESTART_MAX_MS);
  }

  async function keepRunning(index: number, first: LocalProcess): Promise<void> {
    let worker = first;
    for (;;) {
      const { code, signal } = await worker.ended;
      if (stopping.signal.aborted) {
        places.delete(index);
        return;
      }
      let waitMs = fail(index, signal ?? `exit code ${code}`);
      for (;;) {
        await delay(waitMs, stopping.signal);
        if (stopping.signal.aborted) {
          places.delete(index);
          return;
        }
        try {
          worker = await start(index, stopping.signal);
          break;
        } catch (error) {
          // A start that was given up is no crash.
          if (stopping.signal.aborted) continue;
          waitMs = fail(index, error instanceof Error ? error.message : String(error));
        }
      }
      put(index, worker);
      if (stopping.signal.aborted) await worker.stop();
    }
  }

  const giveUp = () => stopping.abort();
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const started = await Promise.allSettled(
    Array.from({ length: size }, (_, index) => start(index, stopping.signal)),
  );
  signal?.removeEventListener('abort', giveUp);
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(
      started.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)),
    );
    throw failed.reason;
  }
  const loops = started.flatMap((result, index) => {
    if (result.status !== 'fulfilled') return [];
    put(index, result.value);
    return [keepRunning(index, result.value)];
  });

  const members = () =>
    [...places].map(([index, place]) => ({
      index,
      process: place.process,
      downMs: place.process === undefined ? now() - place.sinceMs : 0,
      failuresInARow: isStable(place) ? 0 : place.failuresInARow,
    }));
  return stoppable({ members }, async () => {
    stopping.abort();
    await Promise.all([...places.values()].map(({ process }) => process?.stop()));
    await Promise.all(loops);
  });
}
