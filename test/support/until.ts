import { setInterval } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;
const GIVE_UP_AFTER_MS = 60_000;

/**
 * Waits for a state of the world, never for a time: resolves with the first truthy value. The limit only turns a
 * state that never comes into an error that says which.
 */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const started = performance.now();
  for await (const _ of setInterval(LOOK_EVERY_MS)) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() - started > GIVE_UP_AFTER_MS) break;
  }
  throw new Error(`waited ${GIVE_UP_AFTER_MS / 1000} s for ${what}`);
}
