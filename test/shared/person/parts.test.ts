import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsJsonSchema, personaParts, putAt, valueAt } from '../../../src/shared/person/parts.ts';
import { personaJsonSchema, personaSchema } from '../../../src/shared/person/schema.ts';
import { examplePersona } from './example-persona.ts';

const pick = (...paths: string[]) => personaParts.filter(({ path }) => paths.includes(path));

test('the parts are all that a person consists of, but for the name', () => {
  const person: Record<string, unknown> = { name: 'Ama Boateng' };
  for (const { keys } of personaParts) putAt(person, keys, valueAt(examplePersona(), keys));
  assert.deepEqual(person, examplePersona());
  assert.deepEqual(personaSchema.parse(person), examplePersona());
});

test('lists know their bounds, and every part its JSON schema', () => {
  const [beliefs, style] = [...pick('beliefs'), ...pick('style')];
  assert.deepEqual(beliefs?.entries, { minimum: 8, maximum: 60 });
  assert.equal(beliefs?.jsonSchema.minItems, 8);
  assert.equal(style?.entries, undefined);
  assert.equal(style?.jsonSchema.type, 'string');
});

test('a schema of some parts nests them as a person does, and is strict', () => {
  const parts = pick(
    'beliefs',
    'behaviors.routines.morning',
    'behaviors.routines.weekend',
    'behaviors.general',
  );
  const schema = partsJsonSchema(parts);
  const routines = valueAt(schema, ['properties', 'behaviors', 'properties', 'routines']);
  assert.deepEqual(schema.required, ['beliefs', 'behaviors']);
  assert.deepEqual(valueAt(routines, ['required']), ['morning', 'weekend']);
  assert.equal(valueAt(routines, ['additionalProperties']), false);
  const { name: _name, ...others } = Object(personaJsonSchema.properties);
  assert.deepEqual(partsJsonSchema(personaParts).properties, others);
});

test('only own properties of objects are values', () => {
  assert.equal(valueAt({}, ['constructor']), undefined);
  assert.equal(valueAt({ a: 'text' }, ['a', 'length']), undefined);
  assert.equal(valueAt(null, ['a']), undefined);
  assert.equal(valueAt({ a: { b: 0 } }, ['a', 'b']), 0);
});
