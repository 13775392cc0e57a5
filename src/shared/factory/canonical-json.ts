import { createHash } from 'node:crypto';
import { formatPath, isPlainObject, kindOf } from './value-path.ts';

/** Deeper than anything we write; a value that contains itself ends here and not in a stack overflow. */
const MAX_DEPTH = 200;
const DIGEST_CHARACTERS = 32;

/**
 * One text per value: JSON without spaces, object keys sorted by UTF-16 code units, numbers as ECMAScript prints
 * them (the rules of RFC 8785; unlike it, lone surrogates are escaped and not refused).
 *
 * Throws TypeError naming the path for what JSON would drop or change in silence (undefined, functions, symbols,
 * NaN, infinities, BigInt, class instances): two different values must never share a digest.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

/**
 * SHA-256 of the canonical JSON, as lower-case hex cut to `characters` (4 bits each). Used for population ids,
 * event keys and stored states, in which equal means the same person: 24 characters (96 bits) are the least.
 */
export function digest(value: unknown, characters = DIGEST_CHARACTERS): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, characters);
}

function write(value: unknown, path: PropertyKey[]): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (path.length > MAX_DEPTH) {
    throw new TypeError(`canonical JSON: more than ${MAX_DEPTH} levels, or a value that contains itself`);
  }
  if (Array.isArray(value)) {
    // Array.from visits holes too, so that a sparse array is refused and not written with gaps.
    return `[${Array.from(value, (item, index) => writeAt(item, path, index)).join(',')}]`;
  }
  if (isPlainObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${writeAt(value[key], path, key)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonical JSON: expected a JSON value at ${formatPath(path)}, got ${kindOf(value)}`);
}

function writeAt(value: unknown, path: PropertyKey[], step: PropertyKey): string {
  path.push(step);
  const text = write(value, path);
  path.pop();
  return text;
}
