/**
 * How far apart two distributions are, and how varied one is. All pure, over shares that sum to 1 or over counts.
 */

/** Counts as shares of their sum; undefined where there is nothing to share. */
export function sharesOf(counts: readonly number[]): number[] | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? undefined : counts.map((count) => count / total);
}

/**
 * Total variation distance: half of the sum of absolute differences, the share of people that would have to be another to make
 * the distributions equal. 0 to 1. The lists are of one length.
 */
export function totalVariation(actual: readonly number[], target: readonly number[]): number {
  return actual.reduce((sum, share, index) => sum + Math.abs(share - (target[index] ?? 0)), 0) / 2;
}

/**
 * Standardised root mean squared error: the root of the mean squared difference of the cells, over the mean cell. With
 * shares of M cells that is √(M · Σ(actual − target)²), so that dimensions with few and with many values compare; 0 is
 * perfect.
 *
 * From D. C. Knudsen and A. S. Fotheringham, "Matrix comparison, goodness-of-fit, and spatial interaction modeling",
 * International Regional Science Review 10 (1986); the usual measure of population synthesis since (K. Müller and K. W.
 * Axhausen, "Population synthesis for microsimulation: state of the art", 2011).
 */
export function standardisedError(actual: readonly number[], target: readonly number[]): number {
  const squares = actual.reduce((sum, share, index) => sum + (share - (target[index] ?? 0)) ** 2, 0);
  return Math.sqrt(actual.length * squares);
}

/** Shannon entropy of counts, in bits. */
export function entropyBits(counts: Iterable<number>): number {
  const all = [...counts].filter((count) => count > 0);
  const total = all.reduce((sum, count) => sum + count, 0);
  return all.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

/**
 * The total variation distance that chance alone makes between the joint table of two independent dimensions and the product
 * of their marginals, among `people` of whom each marginal is exact: a cell of shares p and q is then hypergeometric, with
 * variance n·p(1−p)·q(1−q)·n/(n−1). Its mean absolute deviation is that of a normal distribution, √(2·variance/π), but
 * never above 2·n·p·q, which rare cells come close to. A mean, not a bound: one population in twenty is half as much above it.
 */
export function expectedPairNoise(
  first: readonly number[],
  second: readonly number[],
  people: number,
): number {
  if (people < 2) return 1;
  let deviation = 0;
  for (const p of first) {
    for (const q of second) {
      const variance = (people * people * p * (1 - p) * q * (1 - q)) / (people - 1);
      deviation += Math.min(Math.sqrt((2 * variance) / Math.PI), 2 * people * p * q);
    }
  }
  return deviation / (2 * people);
}

/** The same for dimensions that are dealt from one joint table: each cell is off by rounding only, a quarter of a person on average. */
export function expectedRounding(cells: number, people: number): number {
  return people === 0 ? 1 : Math.min(1, cells / (8 * people));
}
