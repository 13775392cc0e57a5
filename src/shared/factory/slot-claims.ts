import { UserError } from '../errors.ts';

/** The slots `from`, `from + 1`, … `to - 1`. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Hands out the slots of one population to successive calls, lowest first.
 *
 * The order of calls decides who gets which slot, and nothing else does: a program that runs again asks for the
 * same slots in the same order, and the transaction cache answers. Claims are synchronous, so calls that run
 * concurrently never share a slot.
 */
export class SlotClaims {
  readonly #size: number;
  #next = 0;
  /** Given back by calls that failed as a whole, ascending. */
  #released: SlotRange[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Slots that no call holds. */
  get open(): number {
    return this.#released.reduce((sum, { from, to }) => sum + to - from, this.#size - this.#next);
  }

  /** Claims `count` slots; more than one range only after a release. Throws UserError when fewer are open. */
  claim(count: number): SlotRange[] {
    if (!Number.isInteger(count) || count < 1) {
      throw new UserError(`expected a whole number of people to generate, at least 1, got ${count}`);
    }
    if (count > this.open) {
      throw new UserError(
        `cannot generate ${count} more: ${this.open} of the population's ${this.#size} slots are left; raise populationSize`,
      );
    }
    const claimed: SlotRange[] = [];
    let missing = count;
    const remaining: SlotRange[] = [];
    for (const { from, to } of this.#released) {
      const end = Math.min(to, from + missing);
      if (end > from) claimed.push({ from, to: end });
      if (end < to) remaining.push({ from: end, to });
      missing -= end - from;
    }
    this.#released = remaining;
    if (missing > 0) {
      claimed.push({ from: this.#next, to: this.#next + missing });
      this.#next += missing;
    }
    return claimed;
  }

  /** Gives ranges back, so that the next call gets them again. */
  release(ranges: readonly SlotRange[]): void {
    this.#released = [...this.#released, ...ranges].sort((a, b) => a.from - b.from);
  }
}
