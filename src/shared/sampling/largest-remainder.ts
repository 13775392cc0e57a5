/**
 * Divides `total` into integer counts proportional to `weights` by the method of largest remainders (Hamilton):
 * every count is the floor or the ceiling of its exact share, and the counts sum to `total`.
 *
 * Ties go to the earlier weight, so that the result depends on the arguments alone. Weights are finite, not
 * negative, and not all 0 (the dimension schema holds that); dividing by the largest first keeps sums of huge
 * weights finite.
 */
export function largestRemainder(weights: readonly number[], total: number): number[] {
  const largest = Math.max(...weights);
  const scaled = weights.map((weight) => weight / largest);
  const sum = scaled.reduce((a, b) => a + b, 0);
  const shares = scaled.map((weight) => (weight / sum) * total);
  const counts = shares.map(Math.floor);
  let left = total - counts.reduce((a, b) => a + b, 0);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    counts[index] = (counts[index] ?? 0) + 1;
    left -= 1;
  }
  return counts;
}
