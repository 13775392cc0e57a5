import { UserError } from '../errors.ts';
import { canonicalJson } from '../factory/canonical-json.ts';
import type { Json } from '../factory/untrusted-json.ts';
import { formatPath } from '../factory/value-path.ts';

export type JsonObject = { [key: string]: Json };

/**
 * Merges additions into a persona and returns a new object that shares no container with either argument.
 *
 * A missing or null value is filled in, maps merge key by key, lists are extended and repeated items dropped (the
 * first stays), equal scalars stay. Different scalars: the addition wins with `overwriteScalars`, else UserError. A
 * list, map and scalar never replace one another: UserError. Both name the path.
 *
 * These are the rules of TinyTroupe's `merge_dicts` (0.6.0), and wherever that has a result it is the same, but for one:
 * Python takes `true` and 1 for the same item of a list. It throws in more cases: for scalars of different types, even
 * with `overwrite` and for 1 and 1.0, and for lists of maps that hold lists, which it cannot compare. And it extends the
 * lists of its first argument in place.
 */
export function mergeDefinitions(
  current: JsonObject,
  additions: JsonObject,
  options: { overwriteScalars: boolean },
  path: readonly string[] = [],
): JsonObject {
  const merged = structuredClone(current);
  for (const [key, addition] of Object.entries(additions)) {
    const present = Object.hasOwn(merged, key) ? merged[key] : undefined;
    const here = [...path, key];
    if (present === undefined || present === null) merged[key] = structuredClone(addition);
    else if (isJsonObject(present) && isJsonObject(addition))
      merged[key] = mergeDefinitions(present, addition, options, here);
    else if (Array.isArray(present) && Array.isArray(addition)) merged[key] = extend(present, addition);
    else merged[key] = mergeScalar(present, addition, options, here);
  }
  return merged;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergeScalar(
  present: Json,
  addition: Json,
  options: { overwriteScalars: boolean },
  path: string[],
): Json {
  const where = formatPath(path);
  if (shapeOf(present) !== shapeOf(addition)) {
    throw new UserError(
      `cannot merge ${shapeOf(addition)} into ${shapeOf(present)} at ${where}: give it the same shape`,
    );
  }
  if (!options.overwriteScalars && present !== addition) {
    throw new UserError(
      `${where} is already ${JSON.stringify(present)}, not ${JSON.stringify(addition)}: leave it out, or pass { overwriteScalars: true }`,
    );
  }
  return addition;
}

function shapeOf(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  return isJsonObject(value) ? 'a map' : 'a scalar';
}

function extend(present: readonly Json[], addition: readonly Json[]): Json[] {
  const byContent = new Map<string, Json>();
  for (const item of [...present, ...addition]) {
    const content = canonicalJson(item);
    if (!byContent.has(content)) byContent.set(content, structuredClone(item));
  }
  return [...byContent.values()];
}
