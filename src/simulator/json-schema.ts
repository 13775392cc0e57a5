import { type ApiError, invalidRequest } from './openai-errors.ts';

/** The part of JSON Schema that structured outputs know. Anything else in a schema is ignored or refused. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const UNSUPPORTED_KEYWORDS = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
  'propertyNames',
];
const LIST_KEYWORDS = ['enum', 'anyOf', 'required'];
const SCHEMA_KEYWORDS = ['items', 'properties', '$defs', 'definitions'];
const STRICT_NESTING_LEVELS = 10;
/** Not OpenAI's: keeps a hostile schema from exhausting the stack. */
const NESTING_LEVELS = 100;

export function invalidSchema(name: string, path: readonly string[], complaint: string): ApiError {
  const context = path.map((step) => `'${step}'`).join(', ');
  return invalidRequest(
    `Invalid schema for response_format '${name}': In context=(${context}), ${complaint}`,
    'response_format',
  );
}

/**
 * Refuses with OpenAI's kind of 400 what its structured outputs refuse, so that a schema that works here works there.
 * With `strict`: the root is an object, every property is required, no others are allowed, and at most ten levels nest.
 */
export function checkSchema(root: JsonSchema, name: string, strict: boolean): void {
  if (strict && root.type !== 'object')
    throw invalidSchema(
      name,
      [],
      `schema must have type 'object', got ${JSON.stringify(root.type ?? null)}.`,
    );

  const visit = (schema: JsonSchema, path: readonly string[], level: number): void => {
    const fail = (complaint: string) => invalidSchema(name, path, complaint);
    if (!isObject(schema)) throw fail('schema must be an object.');
    if (level > (strict ? STRICT_NESTING_LEVELS : NESTING_LEVELS))
      throw fail(`schema nests deeper than ${strict ? STRICT_NESTING_LEVELS : NESTING_LEVELS} levels.`);
    for (const keyword of UNSUPPORTED_KEYWORDS)
      if (keyword in schema) throw fail(`'${keyword}' is not permitted.`);
    for (const keyword of LIST_KEYWORDS)
      if (keyword in schema && !Array.isArray(Reflect.get(schema, keyword)))
        throw fail(`'${keyword}' must be an array.`);
    for (const keyword of SCHEMA_KEYWORDS)
      if (keyword in schema && !isObject(Reflect.get(schema, keyword)))
        throw fail(`'${keyword}' must be an object.`);
    if (schema.enum?.length === 0) throw fail("'enum' must have at least one value.");
    if (schema.anyOf?.length === 0) throw fail("'anyOf' must have at least one schema.");
    if (schema.$ref !== undefined) resolveRef(root, schema.$ref, name, path);
    const { properties } = schema;
    if (properties !== undefined && Object.hasOwn(properties, '__proto__'))
      throw fail("property name '__proto__' is not permitted.");
    if (strict && (schema.type === 'object' || properties !== undefined)) checkStrictObject(schema, fail);
    for (const [key, property] of Object.entries(properties ?? {}))
      visit(property, [...path, 'properties', key], level + 1);
    if (schema.items !== undefined) visit(schema.items, [...path, 'items'], level + 1);
    for (const [index, branch] of (schema.anyOf ?? []).entries())
      visit(branch, [...path, 'anyOf', String(index)], level);
    for (const home of ['$defs', 'definitions'] as const)
      for (const [key, shared] of Object.entries(schema[home] ?? {})) visit(shared, [...path, home, key], 1);
  };
  visit(root, [], 1);
}

function checkStrictObject(schema: JsonSchema, fail: (complaint: string) => ApiError): void {
  if (schema.additionalProperties !== false)
    throw fail("'additionalProperties' is required to be supplied and to be false.");
  const required = new Set(schema.required ?? []);
  const missing = Object.keys(schema.properties ?? {}).find((key) => !required.has(key));
  if (missing !== undefined)
    throw fail(
      `'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`,
    );
}

/** Finds the target of `#` or `#/$defs/Name`. Throws the 400 for a reference that leads nowhere. */
export function resolveRef(
  root: JsonSchema,
  ref: string,
  name: string,
  path: readonly string[] = [],
): JsonSchema {
  let target: unknown = root;
  if (ref !== '#' && !ref.startsWith('#/')) target = undefined;
  for (const step of ref.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    target = isObject(target) && Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
  }
  if (!isObject(target)) throw invalidSchema(name, path, `reference '${ref}' can not be resolved.`);
  return target;
}

/** The type to write for a schema: the first that is not null where several are allowed. */
export function typeOf(schema: JsonSchema): string {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if (type !== undefined) return type.find((each) => each !== 'null') ?? 'null';
  if (schema.properties !== undefined) return 'object';
  return schema.items === undefined ? 'string' : 'array';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
