import { parseBandLabel } from '../description/band-label.ts';
import { headingOf } from './group-names.ts';
import { isPersonField } from './person-fields.ts';

const SAYS_SHARE =
  /%|\b(?:distributions?|shares?|percent(?:ages?)?|per cent|proportions?|composition|breakdown|split|mix|make-?up|structure|weights|weightings?|fractions?|probabilit(?:y|ies)|frequenc(?:y|ies))\b/i;
const YEAR = /^(?:1[89]|20)\d\d(?!\d)/;

/**
 * Why numbers without a percent sign are not to be taken for shares, though they sum to 100 or 1; undefined where the
 * heading says that they are, names what people have, or all labels are bands of numbers. Coordinates and prices sum to 100
 * now and then, and a distribution made of them would be an invention.
 */
export function bareNumbersFault(path: readonly string[], labels: readonly string[]): string | undefined {
  if (saysShares(path)) return undefined;
  const areYears = labels.every((label) => YEAR.test(label.trim()));
  if (!areYears && isPersonField(headingOf(path))) return undefined;
  if (!areYears && labels.every((label) => parseBandLabel(label) !== undefined)) return undefined;
  return 'numbers that nothing says are shares, though they sum to a whole (to have them taken, write them as percentages, or "distribution" into the heading)';
}

/** Whether what stands under a heading should be shares: it says so, or names what each person has one of. */
export function announcesShares(path: readonly string[]): boolean {
  return saysShares(path) || (path.length > 0 && isPersonField(headingOf(path)));
}

/** Whether a heading, or for a bare one that above it, announces shares. */
function saysShares(path: readonly string[]): boolean {
  return SAYS_SHARE.test(path.at(-1) ?? '') || (path.length > 0 && SAYS_SHARE.test(headingOf(path)));
}
