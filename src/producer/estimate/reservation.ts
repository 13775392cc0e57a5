import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import { mostNanoDollars } from '../../shared/models/prices.ts';

/** What calls take at the most, and so what must be left of a budget before they are let through. */
export interface Reservation {
  readonly tokens: number;
  /** US dollars × 10⁻⁹; undefined for a model without a known price. */
  readonly nanoDollars: number | undefined;
}

/** Workers set so much aside for a prompt until answers have shown how its tokens are counted; see `prompt-calibration.ts`. */
const PROMPT_MARGIN = 1.25;

/** Of a call with a prompt of so many counted tokens, with room for its first try. */
export function reservationOf(promptTokens: number, profile: ModelProfile): Reservation {
  const prompt = Math.ceil(promptTokens * PROMPT_MARGIN);
  const completion = profile.completionTokens;
  return {
    tokens: prompt + completion,
    nanoDollars: profile.price && mostNanoDollars(profile.price, { prompt, completion }),
  };
}

/** Of calls that come one after the other, all of them at their worst. */
export function sumOfReservations(reservations: readonly Reservation[]): Reservation {
  return reservations.reduce(
    (sum, { tokens, nanoDollars }) => ({
      tokens: sum.tokens + tokens,
      nanoDollars:
        sum.nanoDollars === undefined || nanoDollars === undefined
          ? undefined
          : sum.nanoDollars + nanoDollars,
    }),
    { tokens: 0, nanoDollars: 0 } as Reservation,
  );
}
