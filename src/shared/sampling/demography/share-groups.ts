import type { Json } from '../../factory/untrusted-json.ts';
import { announcesShares, bareNumbersFault } from './bare-numbers.ts';
import { type MeasuredMap, measureMap } from './measured-map.ts';
import { isNearPercentage } from './read-share.ts';
import {
  distanceFromWhole,
  distributionFault,
  inPercent,
  isJsonMap,
  type JsonMap,
  percent,
  type Share,
  type ShareUnit,
  sumOf,
} from './shares.ts';

/** Shares that stand together in a document, whether they make a distribution or not. */
export interface ShareGroup {
  /** The keys that lead to the map of the shares. */
  readonly path: readonly string[];
  readonly shares: readonly Share[];
  readonly unit: ShareUnit;
  /** The labels as they stand and, for shares of a whole sub-tree, the keys above them. */
  readonly words: readonly string[];
  /** Which entries of which maps the shares were read from, totals included. */
  readonly entries: ReadonlyMap<JsonMap, ReadonlySet<string>>;
  /** Why it is left to the context; undefined for a distribution. */
  readonly fault: string | undefined;
  readonly remarks: readonly string[];
}

/** Percentage points by which a stated total may miss the sum of its parts unmentioned. */
const TOTAL_SLACK = 0.05;
const MAX_UNREAD_SHOWN = 5;

/**
 * Finds every group of shares in a document, in its order, and which of them are distributions.
 *
 * A map is a distribution when its own shares sum to about 100 %; the maps in it are then looked at on their own. Else the
 * whole sub-tree is one when it consists of shares that do (`Christian` with its churches, beside `Unaffiliated`), unless a
 * map inside comes as close to 100 % alone. Lists are not read: they have no labels.
 */
export function findShareGroups(document: JsonMap): ShareGroup[] {
  const groups: ShareGroup[] = [];
  collect(measureMap(document), [], groups);
  return groups;
}

function collect(node: MeasuredMap, path: readonly string[], groups: ShareGroup[]): void {
  const own = ownGroup(node, path);
  if (own === undefined || own.fault !== undefined) {
    const whole = wholeGroup(node, path);
    if (whole !== undefined) {
      groups.push(whole);
      return;
    }
  }
  if (own !== undefined) groups.push(own);
  for (const [key, child] of node.nested) collect(child, [...path, key], groups);
  for (const [key, value] of Object.entries(node.map)) {
    const listed = Array.isArray(value) ? listedGroup(value, [...path, key]) : undefined;
    if (listed !== undefined) groups.push(listed);
  }
}

/** The shares that stand in the map itself; undefined without any, and for numbers that are none by their sum and heading. */
function ownGroup(
  { own, ownUnit, totals, unread, map }: MeasuredMap,
  path: readonly string[],
): ShareGroup | undefined {
  const unit = ownUnit ?? 'percent';
  if (own.length === 0 && !Object.values(map).some(isNearPercentage) && !announcesShares(path))
    return undefined;
  if (own.length + unread.length < (unit === 'number' ? 2 : 1)) return undefined;
  const hasNegative = Object.values(map).some((value) => typeof value === 'number' && value < 0);
  if (unit === 'number' && (hasNegative || !areWhole(own, unit)) && !announcesShares(path)) return undefined;
  const words = own.map(({ label }) => label);
  return {
    path,
    shares: own,
    unit,
    words,
    entries: new Map([[map, labelsOf(own, totals)]]),
    fault:
      unit === 'number' && hasNegative
        ? listed(unread)
        : (ownFault(own, unit, unread) ?? (unit === 'number' ? bareNumbersFault(path, words) : undefined)),
    remarks: [
      ...(unread.length > 0 ? [`${listed(unread)}: left out`] : []),
      ...totalRemarks(totals, sumOf(own), unit, path.at(-1)),
    ],
  };
}

function ownFault(own: readonly Share[], unit: ShareUnit, unread: readonly string[]): string | undefined {
  if (own.length === 0) return listed(unread);
  const fault = unit === 'number' && !areWhole(own, unit) ? noWhole(own, unit) : distributionFault(own, unit);
  return fault && [fault, ...(unread.length > 0 ? [listed(unread)] : [])].join('; ');
}

function listed(unread: readonly string[]): string {
  const more = unread.length - MAX_UNREAD_SHOWN;
  return unread.slice(0, MAX_UNREAD_SHOWN).join(', ') + (more > 0 ? `, and ${more} more like these` : '');
}

/** Plain numbers are shares only if they are a whole and more than one counts: `{ low: 0, high: 100 }` are none. */
function areWhole(shares: readonly Share[], unit: ShareUnit): boolean {
  const isWhole = distanceFromWhole(sumOf(shares), unit) < Number.POSITIVE_INFINITY;
  return isWhole && shares.filter(({ weight }) => weight > 0).length > 1;
}

function noWhole(shares: readonly Share[], unit: ShareUnit): string {
  const sum = sumOf(shares);
  if (distanceFromWhole(sum, unit) < Number.POSITIVE_INFINITY) return 'numbers of which one alone is above 0';
  return `numbers that sum to ${Number(sum.toFixed(2))}, not to 100 or 1: counts, or shares that overlap or of which some are missing`;
}

/** The shares of the whole sub-tree as one distribution, if they are one, and no map inside is nearer to 100 %. */
function wholeGroup(node: MeasuredMap, path: readonly string[]): ShareGroup | undefined {
  const { nested, unit, distance } = node;
  const nearest = nested.reduce(
    (least, [, child]) => Math.min(least, child.closest),
    Number.POSITIVE_INFINITY,
  );
  if (distance >= nearest || unit === undefined || unit === 'mixed') return undefined;
  const gathered = new Gathered(unit);
  gathered.add(node, []);
  const { shares, words, entries, remarks } = gathered;
  if (distributionFault(shares, unit) !== undefined) return undefined;
  if (unit === 'number' && (!areWhole(shares, unit) || bareNumbersFault(path, words) !== undefined)) {
    return undefined;
  }
  return { path, unit, shares, words, entries, remarks, fault: undefined };
}

/** The shares of a sub-tree, each with the keys above it: `Catholic (Christian)`. */
class Gathered {
  readonly shares: Share[] = [];
  readonly words: string[] = [];
  readonly remarks: string[] = [];
  readonly entries = new Map<JsonMap, ReadonlySet<string>>();
  readonly #unit: ShareUnit;

  constructor(unit: ShareUnit) {
    this.#unit = unit;
  }

  add({ map, own, totals, nested, sum }: MeasuredMap, above: readonly string[]): void {
    const suffix = above.length === 0 ? '' : ` (${above.join(' › ')})`;
    for (const { label, weight } of own) {
      this.shares.push({ label: label.trim() === '' ? '' : `${label.trim()}${suffix}`, weight });
      this.words.push(label);
    }
    this.remarks.push(...totalRemarks(totals, sum, this.#unit, above.at(-1)));
    this.entries.set(map, labelsOf(own, totals));
    for (const [key, child] of nested) {
      this.words.push(key);
      this.add(child, [...above, key.trim()]);
    }
  }
}

function labelsOf(own: readonly Share[], totals: readonly Share[]): ReadonlySet<string> {
  return new Set([...own, ...totals].map(({ label }) => label));
}

function totalRemarks(
  totals: readonly Share[],
  sum: number,
  unit: ShareUnit,
  heading: string | undefined,
): string[] {
  return totals
    .filter(({ weight }) => Math.abs(inPercent(weight, unit) - inPercent(sum, unit)) > TOTAL_SLACK)
    .map(({ label, weight }) => {
      const of = heading === undefined ? '' : ` of \`${heading}\``;
      return `\`${label}\`${of} says ${percent(inPercent(weight, unit))}, its parts sum to ${percent(inPercent(sum, unit))}`;
    });
}

/** Rows such as `{ name: 'Catholic', share: '22%' }`. */
function listedGroup(items: readonly Json[], path: readonly string[]): ShareGroup | undefined {
  const rows = items.filter(isJsonMap).map((item) => measureMap(item));
  const shares = rows.flatMap(({ own, ownUnit }) => (ownUnit === 'percent' ? own : []));
  if (shares.length === 0) return undefined;
  return {
    path,
    shares,
    unit: 'percent',
    words: [],
    entries: new Map(),
    fault: 'shares in a list (to have them taken, write a map of label to share)',
    remarks: [],
  };
}
