import type { Dimension } from '../dimensions.ts';
import { readBands } from './close-bands.ts';
import { headingOf } from './group-names.ts';
import { isAge } from './person-fields.ts';
import type { ShareGroup } from './share-groups.ts';
import { inPercent, percent, type Share, sumOf } from './shares.ts';

/** Percentage points by which shares may miss 100 unmentioned. */
const SUM_SLACK = 0.05;
const WHOLE_NUMBER = /^\d+$/;

/** A dimension that lacks its name only, or why the distribution cannot be dealt to people. */
export type BuiltDimension =
  | {
      readonly named: (name: string) => Dimension;
      /** What was taken and what was assumed, for a person to check: `5 bands, whole numbers 0 to 100; …`. */
      readonly summary: string;
    }
  | { readonly fault: string };

/** Makes a dimension of a distribution: a range where the labels are bands of numbers, else values. Weights stay as written. */
export function buildDimension(group: ShareGroup): BuiltDimension {
  const { shares, merged } = mergeSpellings(group.shares);
  if (shares.length < 2) {
    return { fault: `shares of one value alone, \`${shares[0]?.label}\`, though written in several ways` };
  }
  const sum = inPercent(sumOf(shares), group.unit);
  const remarks = [
    ...merged.map((label) => `\`${label}\` is written in several ways, which count together`),
    ...(Math.abs(sum - 100) > SUM_SLACK ? [`shares sum to ${percent(sum)}`] : []),
    ...group.remarks,
  ];
  const areAges = isAge(headingOf(group.path));
  const bands = readBands(shares, areAges);
  if (bands !== undefined) {
    if ('fault' in bands) return bands;
    const [numbers, ...assumed] = bands.remarks;
    return {
      named: (name) => ({ name, ...bands.range }),
      summary: summarise(`${counted(bands.bandCount, 'band')}, ${numbers}`, [...assumed, ...remarks]),
    };
  }
  const hasWords = shares.some(({ label }) => !WHOLE_NUMBER.test(label));
  if (areAges && hasWords) remarks.unshift('words, so that ages in numbers are left to the model');
  const values = shares.map(({ label, weight }) => ({ value: label, weight }));
  return {
    named: (name) => ({ name, kind: 'values', values }),
    summary: summarise(counted(shares.length, 'value'), remarks),
  };
}

/** Labels that differ only in case, accents' encoding and spaces are one value; the first spelling stays. */
function mergeSpellings(shares: readonly Share[]): { shares: Share[]; merged: string[] } {
  const bySpelling = new Map<string, Share>();
  const merged = new Set<string>();
  for (const { label, weight } of shares) {
    const tidy = label.trim().replace(/\s+/gu, ' ');
    const key = tidy.normalize('NFC').toLowerCase();
    const known = bySpelling.get(key);
    if (known !== undefined) merged.add(known.label);
    bySpelling.set(key, { label: known?.label ?? tidy, weight: weight + (known?.weight ?? 0) });
  }
  return { shares: [...bySpelling.values()], merged: [...merged] };
}

function summarise(what: string, remarks: readonly string[]): string {
  return [what, ...remarks].join('; ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
