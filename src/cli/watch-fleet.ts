import type { ProducerSession } from '../producer/session.ts';
import { type HeldUp, whatHoldsUp } from './held-up.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Returns a function that says what holds up the calls of a model, as far as it is known: it looks once a second at the most,
 * and waits for no look, so that it may be asked as often as somebody draws.
 */
export function watchFleet(
  session: Pick<ProducerSession, 'fleet'>,
  { model, now }: { readonly model: string | undefined; readonly now: () => number },
): () => HeldUp | undefined {
  let nextAt = Number.NEGATIVE_INFINITY;
  let known: HeldUp | undefined;
  return () => {
    if (now() < nextAt) return known;
    nextAt = now() + LOOK_EVERY_MS;
    session.fleet().then(
      (view) => {
        known = whatHoldsUp(view, model);
      },
      () => {}, // Redis is away: whoever follows the counters says so
    );
    return known;
  };
}
