import { groupSums } from './group-sums.ts';

/** One way to group the entries of a table, and what each group should sum to. */
export interface Margin {
  /** The group of each entry. */
  readonly groupOf: readonly number[];
  /** The wanted sum of each group. */
  readonly targets: readonly number[];
}

/** In people: so much less than one decides nothing about whole counts. */
const CLOSE_ENOUGH = 1e-6;
/** A round that leaves more than this of the distance is a sign that zeros stand against the targets. */
const WORTH_ANOTHER_ROUND = 0.99;

/**
 * Scales the entries of a table so that its groups sum to their targets: iterative proportional fitting. Of all tables
 * with these sums and the same zeros it tends to the one nearest to `values` (in relative entropy).
 *
 * The last margin is met in any case, to float precision, in all groups that have an entry above 0; the others to
 * a millionth, unless `roundsAtMost` is too few or the zeros keep them from it. Costs a pass over the entries for each margin
 * and round.
 *
 * Source: W. E. Deming and F. F. Stephan, "On a Least Squares Adjustment of a Sampled Frequency Table When the Expected
 * Marginal Totals are Known", Annals of Mathematical Statistics 11(4), 1940, 427-444.
 */
export function fitProportionally(
  values: readonly number[],
  margins: readonly Margin[],
  roundsAtMost: number,
): number[] {
  const fitted = Float64Array.from(values);
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < roundsAtMost; round += 1) {
    let furthest = 0;
    for (const { groupOf, targets } of margins) {
      // What each group sums to, then the factor that makes it its target. A group of zeros stays one.
      const factors = groupSums(fitted, groupOf, targets.length);
      for (const [group, target] of targets.entries()) {
        const sum = factors[group] ?? 0;
        furthest = Math.max(furthest, Math.abs(sum - target));
        factors[group] = sum > 0 ? target / sum : 0;
      }
      for (let entry = 0; entry < fitted.length; entry += 1) {
        fitted[entry] = (fitted[entry] ?? 0) * (factors[groupOf[entry] ?? 0] ?? 0);
      }
    }
    if (furthest <= CLOSE_ENOUGH || furthest > WORTH_ANOTHER_ROUND * before) break;
    before = furthest;
  }
  return [...fitted];
}
