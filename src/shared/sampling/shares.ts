/**
 * Weights as shares of their whole; they sum to 1. Weights are finite, not negative, not all 0 (the dimension schema holds
 * that), and of any unit and size: dividing by the largest first keeps sums of huge weights finite. Additions and divisions in
 * a fixed order alone, so that every machine gets the same bits.
 */
export function sharesOf(weights: readonly number[]): number[] {
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  const scaled = weights.map((weight) => weight / largest);
  const whole = scaled.reduce((a, b) => a + b, 0);
  return scaled.map((weight) => weight / whole);
}
