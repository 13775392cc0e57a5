import { z } from 'zod';
import { personaJsonSchema, personaSchema } from './schema.ts';
import type { JsonSchema } from './strict-json-schema.ts';

/**
 * A smallest part of a person that can be asked for by itself: a text, a number, or a list as a whole.
 */
export interface PersonaPart {
  /** `beliefs`, `occupation.description`. */
  readonly path: string;
  readonly keys: readonly string[];
  /** Checks the part, or one of its entries where it is a list. */
  readonly schema: z.core.$ZodType;
  /** How many entries it may have; undefined: it is no list. */
  readonly entries: { readonly minimum: number; readonly maximum: number } | undefined;
  readonly jsonSchema: JsonSchema;
}

/** Every part of a person but the name, in the order of the schema. A slot's name is given, never mended. */
export const personaParts: readonly PersonaPart[] = partsOf(personaSchema, personaJsonSchema, []).filter(
  ({ path }) => path !== 'name',
);

/** The strict JSON schema of an object that holds just these parts, nested as in a person. */
export function partsJsonSchema(
  wanted: readonly Readonly<{ keys: readonly string[]; jsonSchema: JsonSchema }>[],
): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const { keys, jsonSchema } of wanted) {
    const [key, ...inner] = keys;
    if (key === undefined || Object.hasOwn(properties, key)) continue;
    if (inner.length === 0) properties[key] = jsonSchema;
    else {
      const siblings = wanted.filter((other) => other.keys[0] === key);
      properties[key] = partsJsonSchema(siblings.map((part) => ({ ...part, keys: part.keys.slice(1) })));
    }
  }
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** What stands at a part's place in any JSON object; undefined where nothing does. Only own properties are looked at. */
export function valueAt(object: unknown, keys: readonly string[]): unknown {
  let value = object;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Puts a value into its place, making the objects around it. Changes `object`. */
export function putAt(object: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const [key, ...inner] = keys;
  if (key === undefined) return;
  if (inner.length === 0) {
    object[key] = value;
    return;
  }
  const known = object[key];
  const child: Record<string, unknown> = isRecord(known) ? known : {};
  object[key] = child;
  putAt(child, inner, value);
}

function partsOf(schema: z.core.$ZodType, jsonSchema: JsonSchema, keys: readonly string[]): PersonaPart[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      partsOf(inner, jsonSchemaAt(jsonSchema, key), [...keys, key]),
    );
  }
  const path = keys.join('.');
  if (!(schema instanceof z.ZodArray)) return [{ path, keys, schema, entries: undefined, jsonSchema }];
  const { minItems: minimum, maxItems: maximum } = jsonSchema;
  if (typeof minimum !== 'number' || typeof maximum !== 'number') {
    throw new TypeError(`persona schema: the list ${path} has no bounds`);
  }
  return [{ path, keys, schema: schema.element, entries: { minimum, maximum }, jsonSchema }];
}

function jsonSchemaAt({ properties }: JsonSchema, key: string): JsonSchema {
  const found = isRecord(properties) ? properties[key] : undefined;
  if (!isRecord(found)) throw new TypeError(`persona schema: no JSON schema of ${key}`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
