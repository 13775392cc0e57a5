import type { Dimension } from '../dimensions.ts';
import { readBands } from './close-bands.ts';
import { headingOf } from './group-names.ts';
import { isAge } from './person-fields.ts';
import type { ShareGroup } from './share-groups.ts';
import { inPercent, percent, type Share, sumOf } from './shares.ts';

/** Percentage points by which shares may miss 100 unmentioned. */
const SUM_SLACK = 0.05;

export interface BuiltDimension {
  readonly dimension: Dimension;
  /** What was taken and what was assumed, for a person to check: `5 bands, whole numbers 0 to 100; …`. */
  readonly summary: string;
}

/** Makes a dimension of a distribution: a range where all labels are bands of numbers, else values. Weights stay as written. */
export function buildDimension(name: string, group: ShareGroup): BuiltDimension {
  const { shares, merged } = mergeSpellings(group.shares);
  const sum = inPercent(sumOf(shares), group.unit);
  const remarks = [
    ...merged.map((label) => `\`${label}\` is written in several ways, which count together`),
    ...(Math.abs(sum - 100) > SUM_SLACK ? [`shares sum to ${percent(sum)}`] : []),
    ...group.remarks,
  ];
  const bands = readBands(shares, isAge(headingOf(group.path)) || isAge(name));
  if ('range' in bands) {
    return {
      dimension: { name, ...bands.range },
      summary: summarise(`${counted(shares.length, 'band')}, ${bands.remarks[0]}`, [
        ...bands.remarks.slice(1),
        ...remarks,
      ]),
    };
  }
  const asWords = bands.fault === undefined ? [] : [`taken as words, because ${bands.fault}`];
  return {
    dimension: {
      name,
      kind: 'values',
      values: shares.map(({ label, weight }) => ({ value: label, weight })),
    },
    summary: summarise(counted(shares.length, 'value'), [...asWords, ...remarks]),
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
