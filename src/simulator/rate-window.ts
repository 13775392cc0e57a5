/**
 * Sums amounts over the last `windowMs` milliseconds, exactly: an amount added at t counts until t + windowMs.
 *
 * Times come from the caller's monotonic clock and never go back. Memory grows with the events inside one window.
 */
export class RateWindow {
  readonly #windowMs: number;
  #times: number[] = [];
  #amounts: number[] = [];
  #head = 0;
  /** How many entries were dropped from the front of the lists. */
  #dropped = 0;
  #sum = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Returns the place of the amount, for `amend`. */
  add(nowMs: number, amount: number): number {
    this.#expire(nowMs);
    this.#times.push(nowMs);
    this.#amounts.push(amount);
    this.#sum += amount;
    return this.#dropped + this.#times.length - 1;
  }

  /** Replaces an amount, as of the time it was added at; one that counts no more stays uncounted. */
  amend(place: number, amount: number): void {
    const index = place - this.#dropped;
    const before = this.#amounts[index];
    if (index < this.#head || before === undefined) return;
    this.#amounts[index] = amount;
    this.#sum += amount - before;
  }

  sum(nowMs: number): number {
    this.#expire(nowMs);
    return this.#sum;
  }

  /** How long until the sum has fallen to `target` or below, if nothing is added. */
  msUntilAtMost(target: number, nowMs: number): number {
    this.#expire(nowMs);
    let sum = this.#sum;
    let waitMs = 0;
    for (let index = this.#head; sum > target && index < this.#times.length; index++) {
      sum -= this.#amounts[index] ?? 0;
      waitMs = (this.#times[index] ?? nowMs) + this.#windowMs - nowMs;
    }
    return waitMs;
  }

  /** How long until nothing counts any more, if nothing is added. */
  msUntilEmpty(nowMs: number): number {
    this.#expire(nowMs);
    const last = this.#times.at(-1);
    return this.#head === this.#times.length || last === undefined ? 0 : last + this.#windowMs - nowMs;
  }

  #expire(nowMs: number): void {
    const horizon = nowMs - this.#windowMs;
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) <= horizon) {
      this.#sum -= this.#amounts[this.#head] ?? 0;
      this.#head++;
    }
    // Compacting only when most entries are dead keeps the cost per event constant.
    if (this.#head > 1024 && this.#head * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#head);
      this.#amounts = this.#amounts.slice(this.#head);
      this.#dropped += this.#head;
      this.#head = 0;
    }
  }
}
