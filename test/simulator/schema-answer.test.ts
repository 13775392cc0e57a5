import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { createTokenCounter } from '../../src/shared/tokens/token-counter.ts';
import type { AnswerFormat } from '../../src/simulator/chat-request.ts';
import { createCompletionWriter } from '../../src/simulator/completion.ts';
import type { FaultKind } from '../../src/simulator/faults.ts';
import { checkSchema, type JsonSchema } from '../../src/simulator/json-schema.ts';
import { ApiError } from '../../src/simulator/openai-errors.ts';
import { PERSONA_SCHEMA } from '../../src/simulator/persona-schema.ts';
import { createSettings } from '../../src/simulator/settings.ts';
import { MARIA, SMALL_SCHEMA } from './simulated-client.ts';

const counter = createTokenCounter();

function answerTo(
  schema: JsonSchema,
  options: {
    user?: string;
    fault?: FaultKind;
    scale?: number;
    names?: string;
    strict?: boolean;
    call?: number;
  } = {},
): unknown {
  const { user = '', fault, scale = 1, names = 'diverse', strict = true, call = 1 } = options;
  const { write } = createCompletionWriter(
    createSettings({ seed: 's', names, completionScale: scale }),
    counter,
  );
  const format: AnswerFormat = {
    kind: 'json_schema',
    name: 'x',
    schema,
    schemaText: JSON.stringify(schema),
    strict,
  };
  const messages = [{ role: 'user', text: user }];
  const { content } = write({ model: 'm', messages, format, maxCompletionTokens: undefined }, call, fault);
  return JSON.parse(content ?? '');
}

const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const key = fc.constantFrom(
  'name',
  'age',
  'title',
  'beliefs',
  'routines',
  'description',
  'x',
  'level',
  'constructor',
  'toString',
  'other_facts',
  'occupation',
);
const { schema: anySchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ type: fc.constant('string') }),
    fc.record({
      type: fc.constant('string'),
      minLength: fc.nat(5),
      maxLength: fc.integer({ min: 6, max: 30 }),
    }),
    fc.record({
      type: fc.constant('string'),
      format: fc.constantFrom('date', 'date-time', 'email', 'uuid', 'uri', 'ipv4'),
    }),
    fc.record({
      enum: fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
    fc.record({ const: fc.oneof(fc.string(), fc.integer()) }),
    fc.record({ type: fc.constant('boolean') }),
    fc.record({ type: fc.constant('null') }),
    fc.record({ type: fc.constant('integer'), minimum: fc.integer({ min: -9, max: 0 }), maximum: fc.nat(9) }),
    fc.record({
      type: fc.constant('integer'),
      exclusiveMinimum: fc.integer({ min: -9, max: 0 }),
      exclusiveMaximum: fc.integer({ min: 3, max: 9 }),
    }),
    fc.record({
      type: fc.constant('number'),
      minimum: fc.integer({ min: -9, max: 0 }),
      maximum: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      type: fc.constant('integer'),
      minimum: fc.nat(50),
      multipleOf: fc.integer({ min: 2, max: 7 }),
    }),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ items: tie('schema'), least: fc.nat(4), more: fc.nat(3) }).map(
      ({ items, least, more }): JsonSchema => ({
        type: 'array',
        items,
        minItems: least,
        maxItems: least + more,
      }),
    ),
    fc.dictionary(key, tie('schema'), { maxKeys: 5 }).map((properties) => object({ ...properties })),
  ),
}));

test('answers keep to any schema, small and large', () => {
  fc.assert(
    fc.property(anySchema, fc.constantFrom(0, 1, 2), fc.constantFrom('', MARIA), (schema, scale, user) => {
      const root = object({ root: schema });
      const answer = answerTo(root, { scale, user, strict: false });
      const checked = z.fromJSONSchema(root as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer);
      assert.ok(checked.success, `${JSON.stringify(answer)}: ${checked.error?.message}`);
    }),
    { numRuns: 400 },
  );
});

test('references are followed, recursive ones to an end', () => {
  const tree: JsonSchema = {
    ...object({ root: { $ref: '#/$defs/node' } }),
    $defs: {
      node: object({
        label: { type: 'string' },
        next: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] },
        children: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems: 1 },
      }),
    },
  };
  const answer = answerTo(tree) as { root: { label: string } };
  assert.ok(answer.root.label.length > 0);
  const endless: JsonSchema = {
    ...object({ root: { $ref: '#/$defs/node' } }),
    $defs: { node: object({ next: { $ref: '#/$defs/node' } }) },
  };
  assert.throws(() => answerTo(endless), /reference '#\/\$defs\/node' never ends/);
});

describe('strict schemas that OpenAI refuses are refused', () => {
  const cases: [string, JsonSchema, RegExp][] = [
    ['root that is no object', { type: 'array', items: {} }, /must have type 'object'/],
    ['open object', { type: 'object', properties: {}, required: [] }, /'additionalProperties' is required/],
    [
      'optional property',
      { type: 'object', properties: { a: { type: 'string' } }, required: [], additionalProperties: false },
      /Missing 'a'/,
    ],
    [
      'open object below',
      object({ a: { type: 'object', properties: {} } }),
      /\('properties', 'a'\).*'additionalProperties'/,
    ],
    ['reference to nowhere', object({ a: { $ref: '#/$defs/b' } }), /can not be resolved/],
    ['composition', object({ a: { allOf: [] } as JsonSchema }), /'allOf' is not permitted/],
    ['pattern', object({ a: { type: 'string', pattern: '^a+$' } }), /can not write texts for a pattern/],
    [
      'eleven levels',
      Array.from({ length: 11 }).reduce<JsonSchema>((inner) => object({ a: inner }), { type: 'string' }),
      /deeper than 10 levels/,
    ],
    [
      'property that would change the prototype',
      object(JSON.parse('{"__proto__": {"type": "string"}}')),
      /__proto__/,
    ],
    [
      'enum that is no list',
      object({ a: { enum: 'x' } as unknown as JsonSchema }),
      /'enum' must be an array/,
    ],
  ];
  for (const [what, schema, message] of cases)
    test(what, () => {
      assert.throws(
        () => answerTo(schema),
        (error: unknown) => error instanceof ApiError && error.status === 400 && message.test(error.message),
      );
    });
  test('what is allowed is not', () => {
    checkSchema(SMALL_SCHEMA, 'person', true);
    checkSchema(PERSONA_SCHEMA, 'person', true);
  });
});

describe('people', () => {
  type Person = {
    name: string;
    age: number;
    beliefs: string[];
    other_facts: string[];
    occupation: { title: string };
  };
  const person = (options: Parameters<typeof answerTo>[1]) => answerTo(SMALL_SCHEMA, options) as Person;

  test('default people are roughly 4 to 5 KB, the smallest about what the schema itself takes', () => {
    const sizes = Array.from(
      { length: 40 },
      (_, call) => JSON.stringify(answerTo(PERSONA_SCHEMA, { call })).length,
    );
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    assert.ok(mean > 4000 && mean < 5000, `mean size ${mean}`);
    const smallest = JSON.stringify(answerTo(PERSONA_SCHEMA, { scale: 0 })).length;
    assert.ok(smallest < 625, `smallest size ${smallest}`);
    const flat = { ...SMALL_SCHEMA.properties };
    const few = object({
      name: flat.name ?? {},
      age: flat.age ?? {},
      style: flat.style ?? {},
      occupation: flat.occupation ?? {},
    });
    assert.ok(JSON.stringify(answerTo(few, { scale: 0 })).length < 200);
  });

  test('list items differ, also where many are asked for', () => {
    const many = {
      ...SMALL_SCHEMA,
      properties: {
        ...SMALL_SCHEMA.properties,
        beliefs: { type: 'array', items: { type: 'string' }, minItems: 120 },
      },
    };
    const { beliefs } = answerTo(many) as Person;
    assert.equal(beliefs.length, 120);
    assert.equal(new Set(beliefs).size, 120);
  });

  test('enumerated fields agree with the characteristics', () => {
    const schema = object({
      ...SMALL_SCHEMA.properties,
      gender: { type: 'string', enum: ['Male', 'Female', 'Other'] },
      marital_status: { anyOf: [{ type: 'string', enum: ['single', 'married'] }, { type: 'null' }] },
    });
    const user = MARIA.replace('- age: 34', '- age: 34\n- gender: female');
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((call) => {
        const { gender, marital_status } = answerTo(schema, { user, call }) as Record<string, string>;
        return `${gender} ${marital_status}`;
      }),
      Array.from({ length: 5 }, () => 'Female married'),
    );
  });

  test('a list takes given items first; what does not fit a field goes to other_facts', () => {
    const user =
      '<characteristics>\n- beliefs: honesty; thrift\n- age: unknown\n- Pets: two cats\n</characteristics>';
    const { beliefs, other_facts } = person({ user });
    assert.deepEqual(beliefs.slice(0, 2), ['honesty', 'thrift']);
    assert.deepEqual(other_facts.slice(0, 2), ['age: unknown.', 'Pets: two cats.']);
  });

  test('a person inside an answer, and several in a list', () => {
    const answer = answerTo(
      object({ persona: SMALL_SCHEMA, others: { type: 'array', items: SMALL_SCHEMA, minItems: 5 } }),
      {
        user: MARIA,
      },
    ) as { persona: Person; others: Person[] };
    assert.equal(answer.persona.name, 'Maria Oliveira');
    assert.equal(new Set(answer.others.map((other) => other.name)).size, 5);
    assert.ok(answer.others.every((other) => other.name !== 'Maria Oliveira'));
  });

  test('collapsed names: K names over many requests, alternates included, unless one is given', () => {
    const schema = object({
      ...SMALL_SCHEMA.properties,
      alternate_names: { type: 'array', items: { type: 'string' }, minItems: 8 },
    });
    const seen = new Set<string>();
    for (let call = 0; call < 200; call++) {
      const answer = answerTo(schema, { names: 'collapsed:3', call }) as Person & {
        alternate_names: string[];
      };
      assert.ok(answer.alternate_names.length >= 8);
      for (const name of [answer.name, ...answer.alternate_names]) seen.add(name);
    }
    assert.equal(seen.size, 3);
    assert.equal(person({ names: 'collapsed:3', user: MARIA }).name, 'Maria Oliveira');
  });

  test('diverse names differ, alternates among themselves too', () => {
    const schema = object({
      ...SMALL_SCHEMA.properties,
      alternate_names: { type: 'array', items: { type: 'string' }, minItems: 8 },
    });
    const answers = Array.from(
      { length: 200 },
      (_, call) => answerTo(schema, { call }) as Person & { alternate_names: string[] },
    );
    assert.ok(new Set(answers.map(({ name }) => name)).size > 190);
    for (const { alternate_names } of answers)
      assert.equal(new Set(alternate_names).size, alternate_names.length);
  });
});
