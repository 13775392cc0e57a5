import type { Health } from '../shared/telemetry/metrics-server.ts';

/** One process, as the one that keeps it running sees it. */
export interface ProcessState {
  readonly index: number;
  /** Whether there is one; `downMs`: for how long there has been none. */
  readonly isUp: boolean;
  readonly downMs: number;
  /** Deaths and failed starts, each soon after the one before. */
  readonly failuresInARow: number;
  /** What it says of itself; undefined when it did not answer in time, or is down. */
  readonly health: Health | undefined;
}

/** To start a process takes seconds, on a loaded machine many: the others are not worth less meanwhile. */
const DOWN_TOLERATED_MS = 60_000;
/** The fifth comes after 3 s of waiting in all: whatever it is, it does not pass by itself. */
const FAILURES_TOLERATED = 4;

/**
 * Healthy only if every process is; the detail names those that are not, and why. One that died and is being started again is no
 * fault of the whole, unless that takes long or happens again and again.
 */
export function uniteHealth(processes: readonly ProcessState[]): Health {
  const notes = processes.map((process) => ({ index: process.index, ...noteOf(process) }));
  const said = notes.flatMap(({ index, note }) => (note === undefined ? [] : [`process ${index}: ${note}`]));
  const sound = `${processes.length - said.length} of ${processes.length} processes at work`;
  return { healthy: notes.every(({ isFault }) => !isFault), detail: [sound, ...said].join('; ') };
}

/** `note`: what keeps it from work; undefined when nothing does. */
function noteOf({ isUp, downMs, failuresInARow, health }: ProcessState): { note?: string; isFault: boolean } {
  if (failuresInARow > FAILURES_TOLERATED) {
    return { note: `died, or did not start, ${failuresInARow} times in a row`, isFault: true };
  }
  if (!isUp) {
    return { note: `down for ${Math.round(downMs / 1000)} s`, isFault: downMs > DOWN_TOLERATED_MS };
  }
  if (health === undefined) return { note: 'does not answer', isFault: true };
  return health.healthy ? { isFault: false } : { note: health.detail, isFault: true };
}
