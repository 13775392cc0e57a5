import { normaliseKey } from './characteristics.ts';
import { checkSchema, invalidSchema, type JsonSchema, resolveRef, typeOf } from './json-schema.ts';
import type { FullName } from './name-policy.ts';
import { invalidRequest } from './openai-errors.ts';
import type { Persona } from './persona.ts';
import { LISTS, writeList } from './persona-lists.ts';
import { SHORT_TEXTS, TEXTS } from './persona-texts.ts';
import { fitLength, writeNumber, writeText } from './schema-values.ts';
import type { Random } from './seeded-random.ts';

/** What one answer is written with. `index` is the place in the innermost list, `depth` the nesting so far. */
export interface Scene {
  readonly random: Random;
  readonly scale: number;
  /** Lists stop short of their minItems. */
  readonly shallow: boolean;
  /** Whom an object with a person's fields describes: the prompt's person, or in a list another one for each element. */
  person(isElement: boolean): Persona;
  /** Lets the prompt's characteristics win over what was written into the person's object. */
  finish(person: Record<string, unknown>, schema: JsonSchema, root: JsonSchema): void;
  /** Whether the prompt shows this entry as written already: lists are then filled with others. */
  isWritten(text: string): boolean;
  anotherName(): FullName;
  readonly persona?: Persona | undefined;
  readonly inList: boolean;
  readonly index: number;
  readonly depth: number;
}

export type SchemaAnswer = (scene: Scene) => unknown;

const PERSON_FIELDS = [
  'age',
  'occupation',
  'personality',
  'preferences',
  'beliefs',
  'style',
  'nationality',
  'residence',
  'skills',
];
const ALTERNATE_NAMES = new Set([
  'alternate_names',
  'alternative_names',
  'alternatenames',
  'alternativenames',
]);
/** Below this scale texts shrink to two or three words. */
const SHORT_BELOW_SCALE = 0.25;
const USUAL_LIST_LENGTH = 3;
/** From here on recursive schemas are brought to an end; schemas without an end are refused a little later. */
const RECURSION_LEVELS = 12;
const ENDLESS_LEVELS = 60;

/**
 * Turns a schema into a function that writes answers to it; the schema is read once, here.
 * Throws OpenAI's kind of 400 for schemas it would refuse.
 */
export function compileSchema(root: JsonSchema, name: string, strict: boolean): SchemaAnswer {
  checkSchema(root, name, strict);
  const shared = new Map<string, SchemaAnswer>();

  const compile = (schema: JsonSchema, parent: string, key: string): SchemaAnswer => {
    if (schema.$ref !== undefined) return compileRef(schema.$ref, parent, key);
    if (schema.const !== undefined) return () => schema.const;
    const { enum: choices } = schema;
    if (choices !== undefined) return (scene) => chooseKnown(choices, scene, parent, key);
    if (schema.anyOf !== undefined) return compileAnyOf(schema.anyOf, parent, key);
    switch (typeOf(schema)) {
      case 'object':
        return compileObject(schema, key);
      case 'array':
        return compileArray(schema, parent, key);
      case 'integer':
      case 'number':
        return compileNumber(schema, key);
      case 'boolean':
        return (scene) => scene.random.next() < 0.5;
      case 'null':
        return () => null;
      default:
        return compileText(schema, parent, key);
    }
  };

  const compileRef = (ref: string, parent: string, key: string): SchemaAnswer => {
    const place = `${ref} ${parent} ${key}`;
    return (scene) => {
      if (scene.depth > ENDLESS_LEVELS) throw invalidSchema(name, [], `reference '${ref}' never ends.`);
      let answer = shared.get(place);
      if (answer === undefined) {
        answer = compile(resolveRef(root, ref, name), parent, key);
        shared.set(place, answer);
      }
      return answer({ ...scene, depth: scene.depth + 1 });
    };
  };

  const compileAnyOf = (branches: readonly JsonSchema[], parent: string, key: string): SchemaAnswer => {
    const useful = branches.filter((branch) => branch.type !== 'null');
    const answers = (useful.length === 0 ? branches : useful).map((branch) => compile(branch, parent, key));
    const nullable = useful.length < branches.length;
    return (scene) => {
      if (scene.depth <= RECURSION_LEVELS) return scene.random.pick(answers)(scene);
      return nullable ? null : answers.at(-1)?.(scene);
    };
  };

  const compileObject = (schema: JsonSchema, key: string): SchemaAnswer => {
    const names = Object.keys(schema.properties ?? {});
    const properties = Object.entries(schema.properties ?? {}).map(
      ([each, property]) => [each, compile(property, key, normaliseKey(each))] as const,
    );
    const isPerson =
      names.includes('name') && PERSON_FIELDS.filter((field) => names.includes(field)).length >= 2;
    return (scene) => {
      const inner: Scene = {
        ...scene,
        depth: scene.depth + 1,
        ...(isPerson ? { persona: scene.person(scene.inList), inList: false, index: 0 } : {}),
      };
      const object: Record<string, unknown> = {};
      for (const [each, answer] of properties) object[each] = answer(inner);
      if (isPerson && !scene.inList) scene.finish(object, schema, root);
      return object;
    };
  };

  const compileArray = (schema: JsonSchema, parent: string, key: string): SchemaAnswer => {
    const items = schema.items ?? {};
    const element = compile(items, parent, key);
    const takesText = typeOf(items) === 'string' && items.enum === undefined && items.const === undefined;
    const writer = LISTS.get(key);
    return (scene) => {
      const count = countItems(schema, scene, writer?.usualCount ?? USUAL_LIST_LENGTH);
      if (takesText && ALTERNATE_NAMES.has(key)) return alternateNames(scene, count);
      if (takesText && items.format === undefined && scene.persona !== undefined && writer !== undefined)
        return writeList(writer, scene.persona, count, scene.scale < SHORT_BELOW_SCALE, scene.isWritten).map(
          (text) => fitLength(items, text),
        );
      return Array.from({ length: count }, (_, index) =>
        element({ ...scene, index, inList: true, depth: scene.depth + 1 }),
      );
    };
  };

  const compileText = (schema: JsonSchema, parent: string, key: string): SchemaAnswer => {
    if (schema.pattern !== undefined && schema.format === undefined)
      throw invalidRequest(
        `The simulator can not write texts for a pattern (property '${key}'). Use an enum or a format instead.`,
        'response_format',
      );
    const field = TEXTS.has(`${parent}.${key}`) ? `${parent}.${key}` : key;
    const writer = TEXTS.get(field);
    const list = LISTS.get(key);
    return (scene) => {
      const { persona, scale } = scene;
      const short = scale < SHORT_BELOW_SCALE;
      const isProse = schema.format === undefined && (writer !== undefined || list !== undefined);
      if (persona === undefined || !isProse) return writeText(schema, scene.random, key, short);
      if (writer === undefined)
        return fitLength(
          schema,
          list === undefined ? '' : writeList(list, persona, short ? 1 : 3, short).join(' '),
        );
      const brief = short ? SHORT_TEXTS.get(field) : undefined;
      if (brief !== undefined) return fitLength(schema, brief);
      const sentences = writer(persona, scene.index);
      const count = Math.max(1, Math.round(sentences.length * scale));
      return fitLength(schema, sentences.slice(0, count).join(' '));
    };
  };

  return compile(root, '', '');
}

function compileNumber(schema: JsonSchema, key: string): SchemaAnswer {
  const whole = typeOf(schema) === 'integer';
  return ({ random, persona }) =>
    writeNumber(schema, random, whole, key === 'age' ? persona?.age : undefined);
}

/** Of the allowed values the one that says what the persona is, else any. */
function chooseKnown(choices: readonly unknown[], scene: Scene, parent: string, key: string): unknown {
  const { persona } = scene;
  const writer = TEXTS.get(`${parent}.${key}`) ?? TEXTS.get(key);
  const wish = persona === undefined ? undefined : writer?.(persona, scene.index).join(' ').toLowerCase();
  const known = choices.find((choice) => typeof choice === 'string' && choice.toLowerCase() === wish);
  return known ?? scene.random.pick(choices);
}

function countItems(schema: JsonSchema, scene: Scene, usual: number): number {
  const least = schema.minItems ?? 0;
  if (scene.shallow) return Math.floor(least / 3);
  const wanted = scene.depth > RECURSION_LEVELS ? 0 : Math.round(usual * scene.scale);
  return Math.min(Math.max(least, wanted), Math.max(least, schema.maxItems ?? Number.POSITIVE_INFINITY));
}

/** Different names as far as the names policy knows that many; then they repeat, as a real model's do. */
function alternateNames(scene: Scene, count: number): string[] {
  const found = new Set<string>();
  for (let attempt = 0; found.size < count && attempt < count * 8; attempt++)
    found.add(scene.anotherName().full);
  const names = [...found];
  return Array.from({ length: count }, (_, index) => names[index % names.length] ?? '');
}
