import { LARGEST_SCALE } from './options.ts';
import type { Random } from './seeded-random.ts';

/** To about a twentieth of what lies between the smallest and the largest answer of ten. */
const HALVINGS = 9;

/**
 * Draws the scale of one answer so that the sizes of many are spread evenly by their logarithm, the largest `spread` times the
 * smallest; the one at `scale` lies in their middle, unless the least that the schema allows is larger than the smallest
 * ought to be: then all are larger. `sizeAt` tells how large this very answer is at a scale.
 */
export function drawScale(
  { scale, spread }: { scale: number; spread: number },
  random: Random,
  sizeAt: (scale: number) => number,
): number {
  const smallest = Math.max(sizeAt(0), sizeAt(scale) / Math.sqrt(spread));
  const wanted = smallest * spread ** random.next();
  let low = 0;
  let high = LARGEST_SCALE;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (sizeAt(middle) <= wanted) low = middle;
    else high = middle;
  }
  return low;
}
