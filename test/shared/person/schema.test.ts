import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  personaJsonSchema,
  personaMinimumCounts,
  personaRequestSchema,
  personaSchema,
  personaSpecificationSchema,
} from '../../../src/shared/person/schema.ts';
import type { JsonSchema } from '../../../src/shared/person/strict-json-schema.ts';
import { examplePersona } from './example-persona.ts';

function subschemas(schema: JsonSchema): JsonSchema[] {
  const inner = [...Object.values((schema.properties ?? {}) as Record<string, JsonSchema>)];
  if (schema.items !== undefined) inner.push(schema.items as JsonSchema);
  return [schema, ...inner.flatMap(subschemas)];
}

test('a person with the least of everything passes', () => {
  assert.deepEqual(personaSchema.parse(examplePersona()), examplePersona());
});

test('every list has its minimum count', () => {
  const lists: [number, (persona: ReturnType<typeof examplePersona>) => unknown[]][] = [
    [personaMinimumCounts.longTermGoals, (persona) => persona.long_term_goals],
    [personaMinimumCounts.traits, (persona) => persona.personality.traits],
    [personaMinimumCounts.interests, (persona) => persona.preferences.interests],
    [personaMinimumCounts.likes, (persona) => persona.preferences.likes],
    [personaMinimumCounts.dislikes, (persona) => persona.preferences.dislikes],
    [personaMinimumCounts.beliefs, (persona) => persona.beliefs],
    [personaMinimumCounts.skills, (persona) => persona.skills],
    [personaMinimumCounts.generalBehaviors, (persona) => persona.behaviors.general],
    [personaMinimumCounts.routines, (persona) => persona.behaviors.routines.morning],
    [personaMinimumCounts.routines, (persona) => persona.behaviors.routines.workday],
    [personaMinimumCounts.routines, (persona) => persona.behaviors.routines.evening],
    [personaMinimumCounts.routines, (persona) => persona.behaviors.routines.weekend],
    [personaMinimumCounts.relationships, (persona) => persona.relationships],
    [personaMinimumCounts.otherFacts, (persona) => persona.other_facts],
  ];
  for (const [minimum, listOf] of lists) {
    const persona = examplePersona();
    assert.equal(listOf(persona).length, minimum, String(listOf));
    listOf(persona).pop();
    assert.equal(personaSchema.safeParse(persona).success, false, String(listOf));
  }
});

test('ages are whole numbers from 0 to 120, texts are trimmed and not empty, nothing is added', () => {
  const base = examplePersona();
  for (const fault of [
    { age: -1 },
    { age: 121 },
    { age: 34.5 },
    { age: '34' },
    { health: ' \n' },
    { mood: 'x' },
  ]) {
    assert.equal(personaSchema.safeParse({ ...base, ...fault }).success, false, JSON.stringify(fault));
  }
  assert.equal(personaSchema.parse({ ...base, gender: ' female ' }).gender, 'female');
  assert.equal(personaSchema.safeParse({ ...base, name: 'x'.repeat(121) }).success, false);
});

test('the JSON schema keeps to what strict mode supports', () => {
  const supported = new Set([
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
  for (const { jsonSchema } of [true, false].map((alternateNames) =>
    personaRequestSchema({ alternateNames }),
  )) {
    assert.equal(jsonSchema.type, 'object');
    for (const schema of subschemas(jsonSchema)) {
      for (const keyword of Object.keys(schema)) assert.ok(supported.has(keyword), keyword);
      if (schema.type !== 'object') continue;
      assert.equal(schema.additionalProperties, false);
      assert.deepEqual(schema.required, Object.keys(schema.properties as object));
    }
  }
});

test('the JSON schema carries counts and bounds, in the order of the fields', () => {
  const properties = personaJsonSchema.properties as Record<string, JsonSchema>;
  assert.deepEqual(Object.keys(properties), Object.keys(personaSchema.shape));
  assert.deepEqual(properties.age, { type: 'integer', minimum: 0, maximum: 120 });
  assert.equal(properties.beliefs?.minItems, 8);
  assert.deepEqual(JSON.parse(JSON.stringify(personaJsonSchema)), personaJsonSchema);
});

test('no caller can change the shared JSON schema', () => {
  const properties = personaJsonSchema.properties as Record<string, { minItems?: number }>;
  assert.throws(() => Object.assign(properties, { extra: {} }), TypeError);
  assert.throws(() => Object.assign(properties.beliefs ?? {}, { minItems: 0 }), TypeError);
});

test('alternate names are asked for only where the model chooses', () => {
  const plain = personaRequestSchema({ alternateNames: false });
  const alternates = personaRequestSchema({ alternateNames: true });
  const names = ['A A', 'B B', 'C C', 'D D', 'E E'];
  assert.equal(plain.jsonSchema, personaJsonSchema);
  assert.equal(plain.schema.safeParse({ ...examplePersona(), alternate_names: names }).success, false);
  assert.deepEqual(
    alternates.schema.parse({ ...examplePersona(), alternate_names: names }).alternate_names,
    names,
  );
  assert.equal(
    alternates.schema.safeParse({ ...examplePersona(), alternate_names: names.slice(1) }).success,
    false,
  );
  assert.equal(alternates.schema.safeParse(examplePersona()).success, false);
});

test('specifications from elsewhere need a name and may vary otherwise', () => {
  const accepted = [
    { name: 'A' },
    {
      name: 'A',
      occupation: 'baker',
      age: '34',
      health: { heart: 'weak' },
      skills: 'baking',
      residence: null,
    },
    { name: 'A', relationships: { Bo: 'a friend' }, full_name: 'A. B.', depth: [1, { x: 2 }] },
    examplePersona(),
  ];
  for (const persona of accepted) assert.deepEqual(personaSpecificationSchema.parse(persona), persona);
  for (const refused of [
    {},
    { name: ' ' },
    { name: 4 },
    { name: 'A', age: -1 },
    { name: 'A', occupation: true },
  ]) {
    assert.equal(personaSpecificationSchema.safeParse(refused).success, false, JSON.stringify(refused));
  }
});
