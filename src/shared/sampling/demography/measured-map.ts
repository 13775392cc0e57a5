import { describeNoShare, isBareNumber, isNearPercentage, isNoShare, percentageOf } from './read-share.ts';
import {
  distanceFromWhole,
  isJsonMap,
  isRemark,
  isStatistic,
  isTotal,
  type JsonMap,
  type Share,
  type ShareUnit,
  sumOf,
} from './shares.ts';

const FAR = Number.POSITIVE_INFINITY;

/** A map of a document and what is known of the shares in it. */
export interface MeasuredMap {
  readonly map: JsonMap;
  /** The shares that stand in the map itself, without totals. */
  readonly own: readonly Share[];
  readonly ownUnit: ShareUnit | undefined;
  /** `Total` and its like, where there are parts beside it. */
  readonly totals: readonly Share[];
  /** Entries that stand where a share should and are none, in words. */
  readonly unread: readonly string[];
  readonly nested: readonly (readonly [string, MeasuredMap])[];
  /** What follows is of the whole sub-tree. `mixed`: percentages here, plain numbers there. */
  readonly unit: ShareUnit | 'mixed' | undefined;
  readonly sum: number;
  /** Nothing but shares, apart from remarks. */
  readonly isPure: boolean;
  readonly hasRemarks: boolean;
  /** Some map has more than one share of its own. */
  readonly hasSiblings: boolean;
  /** Percentage points between 100 and the sum, where the shares of the sub-tree may be one distribution; else infinite. */
  readonly distance: number;
  /** The least distance of any map in it, itself included, as a whole or by its own shares. */
  readonly closest: number;
}

/**
 * Measures a map and, first, the maps in it. Lists are no shares.
 *
 * A sub-tree may be one distribution when it holds nothing but shares of one unit, in more than one branch. Not so where
 * every map has a single share, or a branch has a source of its own: those are findings that happen to stand together,
 * whatever they sum to.
 */
export function measureMap(map: JsonMap): MeasuredMap {
  const { labels, nested, hasList, hasRemarks } = sortEntries(map);
  const { shares, unit: ownUnit, unread } = readShares(map, labels);
  const hasParts = nested.length > 0 || shares.some(({ label }) => !isTotal(label));
  const own = hasParts ? shares.filter(({ label }) => !isTotal(label)) : shares;
  const totals = hasParts ? shares.filter(({ label }) => isTotal(label)) : [];
  let unit: MeasuredMap['unit'] = ownUnit;
  let sum = sumOf(own);
  let isPure = !hasList && shares.length === labels.length;
  let hasSiblings = own.length > 1;
  let branchHasRemarks = false;
  let closest = hasSiblings && ownUnit !== undefined ? distanceFromWhole(sum, ownUnit) : FAR;
  for (const [, child] of nested) {
    unit = joinUnits(unit, child.unit);
    sum += child.sum;
    isPure &&= child.isPure;
    hasSiblings ||= child.hasSiblings;
    branchHasRemarks ||= child.hasRemarks;
    closest = Math.min(closest, child.closest);
  }
  const hasBranches = nested.length > 0 && nested.length + own.length > 1;
  const mayBeWhole = isPure && hasSiblings && hasBranches && !branchHasRemarks;
  const distance = mayBeWhole && unit !== undefined && unit !== 'mixed' ? distanceFromWhole(sum, unit) : FAR;
  return {
    ...{ map, own, ownUnit, totals, unread, nested, unit, sum, isPure, hasSiblings, distance },
    hasRemarks: hasRemarks || branchHasRemarks,
    closest: Math.min(closest, distance),
  };
}

/** The keys of scalars and the maps of a map, without remarks and lists. */
function sortEntries(map: JsonMap) {
  const nested: (readonly [string, MeasuredMap])[] = [];
  const labels: string[] = [];
  let hasList = false;
  let hasRemarks = false;
  for (const [key, value] of Object.entries(map)) {
    if (isRemark(key, value)) hasRemarks = true;
    else if (Array.isArray(value)) hasList = true;
    else if (isJsonMap(value)) nested.push([key, measureMap(value)]);
    else labels.push(key);
  }
  return { labels, nested, hasList, hasRemarks };
}

/** Percentages, or else plain numbers where there is nothing but numbers and what stands where one is missing. */
function readShares(map: JsonMap, labels: readonly string[]): ReadShares {
  const describe = (label: string) => describeNoShare(label, map[label]);
  const mayBeShare = (label: string) => !isStatistic(label) && !isTotal(label);
  const percentages = labels.flatMap((label) => {
    const weight = percentageOf(map[label]);
    return weight === undefined ? [] : [{ label, weight }];
  });
  if (percentages.length > 0) {
    const unread = labels.filter((label) => isNoShare(map[label]) && mayBeShare(label));
    return { shares: percentages, unit: 'percent', unread: unread.map(describe) };
  }
  const isColumn = labels.every(
    (label) => !isStatistic(label) && (typeof map[label] === 'number' || isNoShare(map[label])),
  );
  const shares = labels.flatMap((label) => {
    const weight = map[label];
    return typeof weight === 'number' && weight >= 0 ? [{ label, weight }] : [];
  });
  if (isColumn && shares.length > 0) {
    const read = new Set(shares.map(({ label }) => label));
    const unread = labels.filter((label) => !read.has(label) && mayBeShare(label));
    return { shares, unit: 'number', unread: unread.map(describe) };
  }
  const holdsNumbers = isColumn && labels.some((label) => isBareNumber(map[label]));
  const unread = labels.filter(
    (label) => isNearPercentage(map[label]) || (holdsNumbers && mayBeShare(label)),
  );
  return { shares: [], unit: undefined, unread: unread.map(describe) };
}

interface ReadShares {
  readonly shares: Share[];
  readonly unit: ShareUnit | undefined;
  readonly unread: readonly string[];
}

function joinUnits(one: MeasuredMap['unit'], other: MeasuredMap['unit']): MeasuredMap['unit'] {
  if (one === undefined || other === undefined) return one ?? other;
  return one === other ? one : 'mixed';
}
