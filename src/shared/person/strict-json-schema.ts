import { z } from 'zod';

/** A JSON schema as sent to a model; plain JSON, deeply frozen. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What we send of JSON Schema. OpenAI's strict mode takes these for every model; it has refused string lengths
 * for some, and they help no model to write, so the local check alone holds them.
 */
const SUPPORTED_KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
]);

/**
 * Derives the JSON schema for structured outputs in strict mode: the root is an object, every property of every
 * object is required, nothing additional is allowed, and unsupported keywords (`$schema`, `minLength`, …) are
 * dropped. Throws TypeError for a schema that strict mode cannot express: a defect of the schema, found on import.
 */
export function strictJsonSchema(schema: z.ZodObject): JsonSchema {
  return strict(z.toJSONSchema(schema, { io: 'input' }), '$');
}

function strict(node: unknown, path: string): JsonSchema {
  if (!isNode(node) || typeof node.type !== 'string') {
    throw new TypeError(
      `strict JSON schema: expected one type at ${path}, as unions and any are not supported`,
    );
  }
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (SUPPORTED_KEYWORDS.has(keyword)) kept[keyword] = value;
  }
  if (node.type === 'array') kept.items = strict(node.items, `${path}[]`);
  if (node.type === 'object') {
    if (!isNode(node.properties)) throw new TypeError(`strict JSON schema: no properties at ${path}`);
    const properties = Object.entries(node.properties).map(
      ([key, property]) => [key, strict(property, `${path}.${key}`)] as const,
    );
    const required = new Set(Array.isArray(node.required) ? node.required : []);
    const optional = properties.find(([key]) => !required.has(key));
    if (optional)
      throw new TypeError(`strict JSON schema: ${path}.${optional[0]} is optional; make it required`);
    kept.properties = Object.freeze(Object.fromEntries(properties));
    kept.required = Object.freeze(properties.map(([key]) => key));
    kept.additionalProperties = false;
  }
  return Object.freeze(kept);
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
