/** What closing may take after the grace for calls in flight: unwinding, BullMQ, Redis (src/worker). */
export const CLOSING_MS = 15_000;
