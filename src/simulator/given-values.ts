import { type Characteristics, normaliseKey } from './characteristics.ts';
import { isObject, type JsonSchema, resolveRef, typeOf } from './json-schema.ts';

interface Slot {
  readonly owner: Record<string, unknown>;
  readonly key: string;
  readonly schema: JsonSchema;
}

/**
 * Writes the prompt's characteristics into a person's object: each into the field of its name, wherever it nests;
 * into `title` or `name` where that field is an object; into `other_facts` where there is no such field or the
 * value does not fit its type. Fields in `keep` stay as they are, and what is written already is not written again.
 */
export function applyCharacteristics(
  person: Record<string, unknown>,
  schema: JsonSchema,
  root: JsonSchema,
  given: Characteristics,
  keep: string | undefined,
  isWritten: (text: string) => boolean = () => false,
): void {
  if (given.size === 0) return;
  const slots = new Map<string, Slot>();
  collectSlots(person, schema, root, slots);
  const leftOver: string[] = [];
  for (const [key, { label, value }] of given) {
    if (key === keep) continue;
    const slot = slots.get(key);
    const fact = `${label}: ${value}.`;
    if ((slot === undefined || !fill(slot, value)) && !isWritten(fact)) leftOver.push(fact);
  }
  const facts = slots.get('other_facts');
  if (facts === undefined || leftOver.length === 0) return;
  const written = facts.owner[facts.key];
  if (Array.isArray(written)) putFirst(facts, leftOver);
  else fill(facts, [...leftOver, written].join(' '));
}

function collectSlots(
  owner: Record<string, unknown>,
  schema: JsonSchema,
  root: JsonSchema,
  slots: Map<string, Slot>,
): void {
  for (const [key, declared] of Object.entries(schema.properties ?? {})) {
    const property = plainSchema(declared, root);
    const value = owner[key];
    if (!isRecord(value)) {
      addOnce(slots, normaliseKey(key), { owner, key, schema: property });
      continue;
    }
    const main = ['title', 'name'].find((each) => each in value);
    const mainSchema = main === undefined ? undefined : property.properties?.[main];
    if (main !== undefined && mainSchema !== undefined)
      addOnce(slots, normaliseKey(key), { owner: value, key: main, schema: plainSchema(mainSchema, root) });
    collectSlots(value, property, root, slots);
  }
}

function addOnce(slots: Map<string, Slot>, key: string, slot: Slot): void {
  if (!slots.has(key)) slots.set(key, slot);
}

/** Without references and without the null branch. */
function plainSchema(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref !== undefined) return plainSchema(resolveRef(root, schema.$ref, 'schema'), root);
  const branches = schema.anyOf?.filter((branch) => branch.type !== 'null');
  const [only] = branches ?? [];
  return branches?.length === 1 && only !== undefined ? plainSchema(only, root) : schema;
}

/** Returns false when the value can not be said in the field's type. */
function fill({ owner, key, schema }: Slot, value: string): boolean {
  if (schema.const !== undefined || schema.anyOf !== undefined) return false;
  if (schema.enum !== undefined) {
    const choice = schema.enum.find((each) => String(each).toLowerCase() === value.toLowerCase());
    if (choice === undefined) return false;
    owner[key] = choice;
    return true;
  }
  switch (typeOf(schema)) {
    case 'string':
      if (schema.format !== undefined || !isLengthAllowed(value, schema)) return false;
      owner[key] = value;
      return true;
    case 'integer':
    case 'number': {
      const number = Number(/-?\d+(\.\d+)?/.exec(value)?.[0] ?? Number.NaN);
      if (!isAllowed(number, schema)) return false;
      owner[key] = typeOf(schema) === 'integer' ? Math.trunc(number) : number;
      return true;
    }
    case 'boolean':
      if (!/^(true|false|yes|no)$/i.test(value)) return false;
      owner[key] = /^(true|yes)$/i.test(value);
      return true;
    case 'array':
      return putFirst(
        { owner, key, schema },
        value.split(/[;,]/).flatMap((item) => item.trim() || []),
      );
    default:
      return false;
  }
}

function isLengthAllowed(value: string, { minLength = 0, maxLength }: JsonSchema): boolean {
  return value.length >= minLength && (maxLength === undefined || value.length <= maxLength);
}

function isAllowed(number: number, schema: JsonSchema): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  return (
    !Number.isNaN(number) &&
    !(minimum !== undefined && number < minimum) &&
    !(maximum !== undefined && number > maximum) &&
    !(exclusiveMinimum !== undefined && number <= exclusiveMinimum) &&
    !(exclusiveMaximum !== undefined && number >= exclusiveMaximum) &&
    !(multipleOf !== undefined && number % multipleOf !== 0)
  );
}

/** The given items come first; the list keeps the length it had, unless there are more of them. */
function putFirst({ owner, key, schema }: Slot, items: readonly string[]): boolean {
  const list = owner[key];
  if (!Array.isArray(list) || !items.every((item) => isFreeText(schema.items ?? {}, item))) return false;
  const length = Math.max(list.length, items.length);
  const others = list.filter((item) => !items.includes(item));
  owner[key] = [...items, ...others, ...list].slice(0, Math.min(length, schema.maxItems ?? length));
  return true;
}

function isFreeText(schema: JsonSchema, text: string): boolean {
  const { enum: choices, const: only, anyOf, $ref, format } = schema;
  const isBound = [choices, only, anyOf, $ref, format].some((each) => each !== undefined);
  return typeOf(schema) === 'string' && !isBound && isLengthAllowed(text, schema);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value);
}
