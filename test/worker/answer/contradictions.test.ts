import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SealedField, sealedFields } from '../../../src/shared/person/sealed-fields.ts';
import { contradictionFinder, mismatchesOf } from '../../../src/worker/answer/contradictions.ts';

const mismatches = (sealed: Record<string, string | number>, said: Record<string, unknown>) =>
  mismatchesOf((field) => said[field], sealedFields(sealed)).map(({ field }) => field);

test('a mismatch is a field that means something else than was sealed', () => {
  const cases: [Record<string, string | number>, Record<string, unknown>, SealedField[]][] = [
    [{ age: 34 }, { age: 45 }, ['age']],
    [{ age: 34 }, { age: 34 }, []],
    [{ age: '30-39' }, { age: 45 }, ['age']],
    [{ age: '30-39' }, { age: 34 }, []],
    [{ age: 34 }, { age: 'forty' }, []],
    [{ age: 34 }, {}, []],
    [{ gender: 'female' }, { gender: 'male' }, ['gender']],
    [{ gender: 'female' }, { gender: 'Woman' }, []],
    [{ gender: 'non-binary' }, { gender: 'female' }, ['gender']],
    [{ nationality: 'Ghanaian' }, { nationality: 'Brazilian' }, ['nationality']],
    [{ nationality: 'South African' }, { nationality: 'African' }, []],
    [{ nationality: 'Ghanaian' }, { nationality: 'ghanaian' }, []],
    [{ nationality: 'Ghanaian' }, { nationality: '?' }, []],
    [{ residence: 'Kumasi' }, { residence: 'Accra' }, []],
    [{ occupation: 'nurse' }, { 'occupation.title': 'Night nurse' }, []],
    [{ occupation: 'nurse' }, { 'occupation.title': 'Nursery teacher' }, ['occupation.title']],
    [{ country: 'Ghana' }, { nationality: 'Brazilian' }, []],
    [{ age: 34 }, { age: -45 }, []],
    [{ age: 34 }, { age: 1e300 }, []],
    [{ gender: 'female' }, { gender: 'ab '.repeat(6_000) }, []],
    [{ gender: 'female' }, { gender: '(?<a[+'.repeat(6) }, ['gender']],
    [{ nationality: 'Ghanaian' }, { nationality: 'x'.repeat(5_000_000) }, []],
    [{ occupation: 'nurse' }, { 'occupation.title': `a nurse ${'x'.repeat(120)}` }, []],
  ];
  for (const [sealed, said, expected] of cases) {
    assert.deepEqual(mismatches(sealed, said), expected, JSON.stringify([sealed, said]));
  }
});

test('a text contradicts when it says of the person what the answer’s wrong field says', () => {
  const age = contradictionFinder([{ field: 'age', said: 45 }]);
  const gender = contradictionFinder([{ field: 'gender', said: 'Male' }]);
  const nationality = contradictionFinder([{ field: 'nationality', said: 'US' }]);
  const occupation = contradictionFinder([{ field: 'occupation.title', said: 'Teacher' }]);
  const cases: [typeof age, string, unknown, boolean][] = [
    [age, 'style', 'At 45, you speak slowly.', true],
    [age, 'style', 'At 34, you speak slowly.', false],
    [age, 'relationships', 'Your 45-year-old brother.', false],
    [age, 'beliefs', { name: 'Kofi', description: 'He is 45.' }, false],
    [gender, 'style', 'A male voice.', true],
    [gender, 'style', 'A female voice.', false],
    [nationality, 'education', 'You went to a US school.', true],
    [nationality, 'education', 'You were one of us.', false],
    [nationality, 'residence', 'US', false],
    [occupation, 'occupation.description', 'You are a teacher of maths.', true],
    [occupation, 'education', 'A teacher gave you books.', false],
  ];
  for (const [contradicts, path, text, expected] of cases) {
    assert.equal(contradicts(path, text), expected, JSON.stringify([path, text]));
  }
});

test('an answer whose fields are right contradicts nothing, whatever its texts tell', () => {
  const contradicts = contradictionFinder(mismatchesOf(() => 34, sealedFields({ age: 34 })));
  assert.equal(contradicts('style', 'At 45, you turned 46, a 47-year-old male teacher.'), false);
});
