import type { JsonSchema } from './json-schema.ts';
import type { Random } from './seeded-random.ts';
import { BELIEFS, INTERESTS } from './word-lists/phrases.ts';

/** A number inside the schema's bounds; a `wish` is moved to the nearest number that is allowed. */
export function writeNumber(schema: JsonSchema, random: Random, whole: boolean, wish?: number): number {
  const step = schema.multipleOf ?? (whole ? 1 : 0.01);
  const inside = (bound: number | undefined, exclusive: number | undefined, direction: 1 | -1) => {
    const moved = exclusive === undefined ? undefined : exclusive + direction * step;
    if (bound === undefined || moved === undefined) return bound ?? moved;
    return direction === 1 ? Math.max(bound, moved) : Math.min(bound, moved);
  };
  const given = {
    low: inside(schema.minimum, schema.exclusiveMinimum, 1),
    high: inside(schema.maximum, schema.exclusiveMaximum, -1),
  };
  const span = whole ? 100 : 1;
  const low = given.low ?? Math.min(0, (given.high ?? span) - span);
  const high = Math.max(low, given.high ?? low + span);
  const first = Math.ceil(low / step);
  const last = Math.max(first, Math.floor(high / step));
  const wished = wish === undefined ? first + random.below(last - first + 1) : Math.round(wish / step);
  const value = Math.min(last, Math.max(first, wished)) * step;
  return whole ? value : Number(value.toFixed(6));
}

/** A text for a property about which nothing is known but its name, format and length. */
export function writeText(schema: JsonSchema, random: Random, key: string, short: boolean): string {
  const formatted = schema.format === undefined ? undefined : writeFormat(schema.format, random);
  if (formatted !== undefined) return formatted;
  const isLabel = short || /(name|title|label|value|option|category|item|key|tag)s?$/i.test(key);
  return fitLength(schema, random.pick(isLabel ? INTERESTS : BELIEFS));
}

/** Cuts or lengthens a text to the schema's minLength and maxLength. */
export function fitLength(schema: JsonSchema, text: string): string {
  const { minLength = 0, maxLength } = schema;
  let fitting = text;
  while (fitting.length < minLength) fitting += ` ${text || 'text'}`;
  return maxLength === undefined ? fitting : fitting.slice(0, maxLength);
}

function writeFormat(format: string, random: Random): string | undefined {
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join('');
  const hex = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join('');
  const two = (from: number, count: number) => String(from + random.below(count)).padStart(2, '0');
  const date = () => `${1950 + random.below(75)}-${two(1, 12)}-${two(1, 28)}`;
  const time = () => `${two(0, 24)}:${two(0, 60)}:${two(0, 60)}Z`;
  switch (format) {
    case 'date':
      return date();
    case 'time':
      return time();
    case 'date-time':
      return `${date()}T${time()}`;
    case 'duration':
      return `P${1 + random.below(30)}D`;
    case 'email':
      return `person${digits(5)}@example.com`;
    case 'hostname':
      return `host${digits(4)}.example.com`;
    case 'uri':
      return `https://example.com/${digits(6)}`;
    case 'ipv4':
      return `192.0.2.${random.below(256)}`;
    case 'ipv6':
      return `2001:db8::${hex(4)}`;
    case 'uuid':
      return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
    default:
      return undefined;
  }
}
