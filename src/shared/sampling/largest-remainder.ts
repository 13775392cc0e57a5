import { sharesOf } from './shares.ts';

/**
 * Divides `total` into integer counts proportional to `weights` by the method of largest remainders (Hamilton):
 * every count is the floor or the ceiling of its exact share, and the counts sum to `total`.
 *
 * `atLeast` are counts that are given already, for a total that has grown; none is taken back. Largest remainders are
 * not monotone (the Alabama paradox), so there a count may lie up to one further from its share.
 *
 * Ties go to the earlier weight, so that the result depends on the arguments alone. Weights are as `sharesOf` takes them.
 * Throws RangeError when `atLeast` sums to more than `total`.
 */
export function largestRemainder(
  weights: readonly number[],
  total: number,
  atLeast: readonly number[] = [],
): number[] {
  const given = sum(atLeast);
  if (given > total) throw new RangeError(`expected at most ${total} counts given already, got ${given}`);
  const shares = sharesOf(weights).map((share) => share * total);
  const counts = shares.map((share, index) => Math.max(Math.floor(share), atLeast[index] ?? 0));
  let left = total - sum(counts);
  const furthestBelow = shares
    .map((share, index) => ({ index, missing: share - (counts[index] ?? 0) }))
    .sort((a, b) => b.missing - a.missing || a.index - b.index);
  for (const { index } of furthestBelow) {
    if (left <= 0) break;
    counts[index] = (counts[index] ?? 0) + 1;
    left -= 1;
  }
  while (left < 0) {
    for (const { index } of furthestBelow.toReversed()) {
      const count = counts[index] ?? 0;
      if (left === 0 || count <= (atLeast[index] ?? 0)) continue;
      counts[index] = count - 1;
      left += 1;
    }
  }
  return counts;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
