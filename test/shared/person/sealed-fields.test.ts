import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agrees,
  type SealedField,
  sealedFieldOf,
  sealedFields,
  sealedValue,
} from '../../../src/shared/person/sealed-fields.ts';

test('a dimension is matched to its field by name, whatever the case and spacing', () => {
  const cases: [string, SealedField | undefined][] = [
    ['age', 'age'],
    [' Age ', 'age'],
    ['Age Distribution', 'age'],
    ['SEX', 'gender'],
    ['gender_identity', 'gender'],
    ['Nationality', 'nationality'],
    ['place of  residence', 'residence'],
    ['profession', 'occupation.title'],
    ['job_title', 'occupation.title'],
    ['country', undefined],
    ['city', undefined],
    ['education', undefined],
    ['age of first child', undefined],
    ['constructor', undefined],
  ];
  for (const [dimension, field] of cases) assert.equal(sealedFieldOf(dimension), field, dimension);
});

test('of two dimensions for one field the plainer name counts', () => {
  assert.equal(sealedFields({ sex: 'male', Gender: 'non-binary' }).get('gender'), 'non-binary');
  assert.deepEqual([...sealedFields({ mood: 'calm', age: 34 })], [['age', 34]]);
});

test('a field agrees with what was sealed', () => {
  const cases: [SealedField, unknown, string | number, boolean][] = [
    ['age', 34, 34, true],
    ['age', 35, 34, false],
    ['age', '34', 34, false],
    ['age', 34, '34', true],
    ['age', 34, 34.5, true],
    ['age', 35, 34.5, false],
    ['age', 34, '34 years old', true],
    ['age', 34, '30-39', true],
    ['age', 40, '30–39', false],
    ['age', 70, '65+', true],
    ['age', 64, '65 and over', false],
    ['age', 17, 'Under 18', true],
    ['age', 18, 'under 18', false],
    ['age', 99, 'retired', true],
    ['gender', 'female', 'female', true],
    ['gender', 'Female', 'female', false],
    ['residence', 'Recife, in a flat', 'Recife', false],
    ['occupation.title', 'Night Nurse', 'nurse', true],
    ['occupation.title', 'Nursery teacher', 'nurse', false],
    ['occupation.title', 'C++ (senior) developer', 'c++ (senior) developer', true],
    ['occupation.title', undefined, 'nurse', false],
    ['occupation.title', 'nursery nurse', 'nurse', true],
    ['occupation.title', 'Night\n nurse, retired', ' NIGHT  nurse', true],
    ['occupation.title', '𐐀nurse', 'nurse', false],
    ['occupation.title', 'nurse𐐀', 'nurse', false],
    ['occupation.title', '🙂nurse🙂', 'nurse', true],
    ['occupation.title', 'STRASSENBAHN-Fahrer', 'straßenbahn', true],
    ['occupation.title', '\ud83d', '🙂', false],
  ];
  for (const [field, said, sealed, expected] of cases) {
    assert.equal(agrees(field, said, sealed), expected, JSON.stringify([field, said, sealed]));
  }
});

test('what a field must hold: the sealed value; of a band of ages only the model can choose one', () => {
  assert.equal(sealedValue('age', '34 years'), 34);
  assert.equal(sealedValue('age', 34.9), 34);
  assert.equal(sealedValue('age', '30-39'), undefined);
  assert.equal(sealedValue('age', 'retired'), undefined);
  assert.equal(sealedValue('gender', 'female'), 'female');
  assert.equal(sealedValue('occupation.title', 'nurse'), 'nurse');
});
