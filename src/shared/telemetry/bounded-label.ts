import { labelOf } from './label-text.ts';

/** What stands in for every value beyond the bound. */
export const OTHER = 'other';

const MOST_VALUES = 20;

/** The value as a label (see `label-text.ts`) when it is among the first ones; else `other`. */
export type BoundedLabel = (value: string) => string;

/**
 * A label for what users name. Each value of a label is a series of its own that a scraper keeps for weeks, and nothing keeps a
 * library from naming a thousand models: the first 20 values are kept apart, and what comes later shares one series.
 *
 * The first ones stay for the life of the process, so that no counter ever changes its name. `onNew` hears each label once, before
 * it is used: the time to let its series begin at 0.
 */
export function createBoundedLabel(
  options: { readonly most?: number; readonly onNew?: (label: string) => void } = {},
): BoundedLabel {
  const { most = MOST_VALUES, onNew = () => {} } = options;
  const kept = new Set<string>();
  const announced = new Set<string>();
  return (value) => {
    const text = labelOf(value);
    if (kept.size < most) kept.add(text);
    const label = kept.has(text) ? text : OTHER;
    if (!announced.has(label)) {
      announced.add(label);
      onNew(label);
    }
    return label;
  };
}
