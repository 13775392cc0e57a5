import { UserError } from '../../errors.ts';
import { kindOf } from '../../factory/value-path.ts';
import type { Dimension } from '../dimensions.ts';
import { type BuiltDimension, buildDimension } from './build-dimension.ts';
import { copyDocument } from './copy-document.ts';
import { withoutCrossTables } from './cross-tables.ts';
import { MAX_DEMOGRAPHY_BYTES, place, readDemographyFile } from './demography-file.ts';
import { cut, headingOf, nameGroups, oneLine } from './group-names.ts';
import { outline } from './outline.ts';
import { knownField } from './person-fields.ts';
import { percentageOf } from './read-share.ts';
import { findShareGroups, type ShareGroup } from './share-groups.ts';
import { isJsonMap, type JsonMap } from './shares.ts';

/** What one place of the document was taken as. */
export interface DemographyNote {
  readonly path: readonly string[];
  readonly kind: 'dimension' | 'context';
  /** Without the path: ``taken as dimension `age`, 5 bands, whole numbers 0 to 100; `65+` closed at 100``. */
  readonly text: string;
}

/** A nested description of a population, read. */
export interface DemographyReading {
  /** One for each distribution, in the order of the document. */
  readonly dimensions: Dimension[];
  /** All the rest as an outline for the prompt's context. */
  readonly prose: string;
  /** What the document calls its `Country`; null where it does not say. */
  readonly country: string | null;
  /** One for each group of shares, taken or not. */
  readonly notes: DemographyNote[];
}

const MAX_KEY_CHARACTERS = 60;
const MAX_VALUES = 10_000;
const MAX_DIMENSIONS = 200;
/** Before cross tables are told apart, which takes time that hostile documents could stretch. */
const MAX_DISTRIBUTIONS = 5000;
/** `content`, `Demographics`, `Country`. */
const COUNTRY_DEPTH = 3;

/**
 * Reads a description of a population, from the path of a JSON file or as an object, as TinyTroupe users write them:
 * percentages, bands, prose and lists, nested at will. Throws UserError, which names the file and the place in it.
 */
export async function loadDemography(fileOrObject: string | object): Promise<DemographyReading> {
  if (typeof fileOrObject !== 'string') return readDemography(fileOrObject);
  return readDocument(await readDemographyFile(fileOrObject), place(fileOrObject));
}

/**
 * The same for a parsed document: finds every distribution in it by itself, without a model, and leaves what is none to the
 * context. Weights stay as written. Throws UserError for hostile, too large and too deep documents.
 */
export function readDemography(document: unknown): DemographyReading {
  return readDocument(document, 'the demography');
}

/** A note as a line: `Demographics › Marital Status: taken as dimension …`. */
export function describeNote({ path, text }: DemographyNote): string {
  return `${describePath(path)}: ${oneLine(text)}`;
}

function describePath(path: readonly string[]): string {
  const [first, ...others] = path;
  const keys = first === 'content' && others.length > 0 ? others : path;
  return keys.map((key) => cut(oneLine(key), MAX_KEY_CHARACTERS)).join(' › ') || 'the whole document';
}

function readDocument(document: unknown, where: string): DemographyReading {
  const map = checkedMap(document, where);
  const found = findShareGroups(map);
  checkValues(found, where);
  checkCount(found, MAX_DISTRIBUTIONS, where);
  const groups = withoutCrossTables(found);
  checkCount(groups, MAX_DIMENSIONS, where);
  const built = new Map(
    groups.filter(isTaken).map((group): [ShareGroup, BuiltDimension] => [group, buildDimension(group)]),
  );
  refuseRivals(built);
  const taken = [...built].flatMap(([group, each]) => ('fault' in each ? [] : [{ group, ...each }]));
  const names = nameGroups(taken.map(({ group }) => group.path));
  const dimensions = new Map(
    taken.map(({ group, named, summary }, index) => [
      group,
      { dimension: named(names[index] ?? ''), summary },
    ]),
  );
  return {
    dimensions: [...dimensions.values()].map(({ dimension }) => dimension),
    prose: outline(map, new Map(taken.flatMap(({ group }) => [...group.entries]))),
    country: findCountry(map),
    notes: groups.map((group) => {
      const found = dimensions.get(group);
      const each = built.get(group);
      const fault = each !== undefined && 'fault' in each ? each.fault : group.fault;
      return found === undefined
        ? { path: group.path, kind: 'context', text: `${fault}: left to the context` }
        : {
            path: group.path,
            kind: 'dimension',
            text: `taken as dimension \`${found.dimension.name}\`, ${found.summary}`,
          };
    }),
  };
}

/** Dealt independently, two distributions of one field of a person would contradict each other: the first stays. */
function refuseRivals(built: Map<ShareGroup, BuiltDimension>): void {
  const firsts = new Map<string, ShareGroup>();
  for (const [group, each] of built) {
    const field = knownField(headingOf(group.path));
    if (field === undefined || 'fault' in each) continue;
    const first = firsts.get(field);
    if (first === undefined) firsts.set(field, group);
    else {
      built.set(group, {
        fault: `\`${field}\` is taken from \`${describePath(first.path)}\`, and people have one of them`,
      });
    }
  }
}

function checkedMap(document: unknown, where: string): JsonMap {
  const copy = copyDocument(where, document, MAX_DEMOGRAPHY_BYTES);
  if (!isJsonMap(copy)) {
    throw new UserError(`${where}: expected an object with headings as keys, got ${kindOf(copy)}`);
  }
  return copy;
}

function isTaken({ fault }: ShareGroup): boolean {
  return fault === undefined;
}

function checkCount(groups: readonly ShareGroup[], most: number, where: string): void {
  const count = groups.filter(isTaken).length;
  if (count <= most) return;
  throw new UserError(
    `${where}: expected at most ${most} distributions, got ${count}: leave out what does not matter here`,
  );
}

function checkValues(groups: readonly ShareGroup[], where: string): void {
  const large = groups.find((group) => isTaken(group) && group.shares.length > MAX_VALUES);
  if (large === undefined) return;
  throw new UserError(
    `${where}, ${describePath(large.path)}: expected at most ${MAX_VALUES} shares in a distribution, got ${large.shares.length}: put the rare ones together`,
  );
}

/** The nearest text under a key `Country`, which elsewhere can be where people live: a share is none. */
function findCountry(document: JsonMap): string | null {
  let maps = [document];
  for (let depth = 1; depth <= COUNTRY_DEPTH; depth += 1) {
    for (const map of maps) {
      const key = Object.keys(map).find((key) => key.trim().toLowerCase() === 'country');
      const value = key === undefined ? undefined : map[key];
      if (typeof value !== 'string' || value.trim() === '' || percentageOf(value) !== undefined) continue;
      return value.trim();
    }
    maps = maps.flatMap((map) => Object.values(map).filter(isJsonMap));
  }
  return null;
}
