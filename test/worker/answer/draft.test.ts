import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { personaParts, putAt, valueAt } from '../../../src/shared/person/parts.ts';
import { type Persona, personaSchema } from '../../../src/shared/person/schema.ts';
import { sealedFields } from '../../../src/shared/person/sealed-fields.ts';
import type { Characteristics } from '../../../src/shared/sampling/dimensions.ts';
import { type Draft, mendDraft, nameDraft, personOf, readDraft } from '../../../src/worker/answer/draft.ts';
import { faultError, warningsOf } from '../../../src/worker/answer/faults.ts';
import { repairRequestOf } from '../../../src/worker/answer/repair-request.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

const owned = { full: 'Esi Mensah', given: 'Esi', family: 'Mensah' };

/** The named draft of an answer: the example person with changes. */
function draftOf(changes: object, characteristics: Characteristics = {}): Draft {
  const sealed = sealedFields(characteristics);
  return nameDraft(readDraft({ ...examplePersona(), ...changes }, sealed), owned, sealed);
}
const faultsOf = (...args: Parameters<typeof draftOf>) => warningsOf(draftOf(...args).faults);
const mend = (draft: Draft, answer: object, characteristics: Characteristics = {}) =>
  mendDraft(draft, { ...answer }, owned, sealedFields(characteristics));
const numbered = (text: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${text} ${index}.`);

test('a good answer is a person under its slot’s name, without a fault', () => {
  const draft = draftOf({});
  assert.deepEqual(draft.faults, []);
  assert.deepEqual(personOf(draft), { ...examplePersona(), name: 'Esi Mensah' });
  assert.equal(Object.keys(personOf(draft))[0], 'name');
});

test('simple fields are set right without a fault, whatever stands there', () => {
  const sealed = { Age: 33, sex: 'male', nationality: 'Brazilian', residence: 'Recife', job: 'nurse' };
  for (const said of [
    { age: 71, gender: 'female', nationality: 'Ghanaian', residence: 'Takoradi' },
    { age: '33', gender: null, nationality: '', residence: ['x'] },
    { age: undefined, gender: undefined, nationality: undefined, residence: undefined },
  ]) {
    const draft = draftOf(said, sealed);
    assert.deepEqual(draft.faults, []);
    const { age, gender, nationality, residence, occupation } = personOf(draft);
    assert.deepEqual(
      [age, gender, nationality, residence, occupation.title],
      [33, 'male', 'Brazilian', 'Recife', 'nurse'],
    );
  }
});

test('a title that contains the sealed occupation is kept', () => {
  const occupation = { ...examplePersona().occupation, title: 'Master Seamstress' };
  assert.equal(
    personOf(draftOf({ occupation }, { occupation: 'seamstress' })).occupation.title,
    'Master Seamstress',
  );
});

test('an age outside its sealed band is a fault, for only the model can choose another', () => {
  assert.deepEqual(faultsOf({ age: 41 }, { age: '40-49' }), []);
  assert.deepEqual(faultsOf({ age: 51 }, { age: '40-49' }), ['contradiction:age']);
});

test('a sealed residence stays, although it is a part of the name that the model chose', () => {
  const draft = draftOf({ name: 'Florence Smith' }, { residence: 'Florence' });
  assert.equal(personOf(draft).residence, 'Florence');
});

test('lists that are too short are shallow; repeated, empty and malformed entries count for nothing', () => {
  assert.deepEqual(faultsOf({ beliefs: numbered('A belief', 7) }), ['shallow:beliefs']);
  assert.deepEqual(faultsOf({ beliefs: [] }), ['shallow:beliefs']);
  const padded = [...numbered('A belief', 6), 'A belief 0.', 'a BELIEF 1.', '  ', 5, null, { a: 1 }];
  assert.deepEqual(faultsOf({ beliefs: padded }), ['shallow:beliefs']);
  const enough = draftOf({ beliefs: [...padded, 'One.', 'Two.'] });
  assert.deepEqual(enough.faults, []);
  assert.deepEqual(personOf(enough).beliefs, [...numbered('A belief', 6), 'One.', 'Two.']);
  const many = personOf(draftOf({ beliefs: numbered('A belief', 500) })).beliefs;
  assert.equal(many.length, 60);
});

test('parts that are missing or not of their form are invalid', () => {
  assert.deepEqual(faultsOf({ health: undefined, style: 7, beliefs: 'many', age: '41', occupation: null }), [
    'invalid:age',
    'invalid:occupation.title',
    'invalid:occupation.organization',
    'invalid:occupation.description',
    'invalid:style',
    'invalid:beliefs',
    'invalid:health',
  ]);
});

test('an answer that is hardly a person is refused at once, with a few of the places', () => {
  for (const answer of [{}, { persona: examplePersona() }, { name: 'Ama', age: 41, beliefs: ['secret'] }]) {
    assert.throws(
      () => readDraft(answer, new Map()),
      (error) => {
        assert.ok(error instanceof ModelCallError);
        assert.deepEqual([error.reaction, error.reason], ['retry', 'invalid_persona']);
        assert.match(error.message, /not a whole person: \S+, \S+, \S+ and \d+ more$/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
});

test('keys that nobody asked for are dropped, those that could change a prototype included', () => {
  const answer = JSON.parse(
    JSON.stringify(examplePersona()).replace('{', '{"mood":"x","__proto__":{"a":1},"constructor":["x"],'),
  );
  const draft = nameDraft(readDraft(answer, new Map()), owned, new Map());
  assert.deepEqual(personOf(draft), { ...examplePersona(), name: 'Esi Mensah' });
  assert.equal(Reflect.get(personOf(draft), 'a'), undefined);
});

test('the names that an answer offers, without those that are none', () => {
  const { offeredNames } = draftOf({ name: ' Ann Cole ', alternate_names: ['Bo Dunn', 5, 'x'.repeat(121)] });
  assert.deepEqual(offeredNames, ['Ann Cole', 'Bo Dunn', '', '']);
  assert.deepEqual(draftOf({ name: undefined }).offeredNames, ['']);
});

const wrongAge = {
  age: 45,
  style: 'At 45, you talk fast.',
  other_facts: [...numbered('A fact', 5), 'You turned 45.'],
  relationships: examplePersona().relationships.map((one) => ({ ...one, description: 'A 45-year-old.' })),
};

test('texts that state the wrong age are at fault, a list’s entry by entry', () => {
  const draft = draftOf(wrongAge, { age: 34 });
  assert.deepEqual(warningsOf(draft.faults), ['contradiction:style', 'contradiction:other_facts']);
  assert.deepEqual(
    draft.faults.map(({ dropped, lacking }) => [dropped, lacking]),
    [
      [[], 0],
      [[5], 1],
    ],
  );
  assert.equal(personOf(draft).age, 34);
});

test('a repair asks for the parts at fault and for whom they describe, nothing else', () => {
  const { schema, prompt } = repairRequestOf(draftOf({ ...wrongAge, beliefs: ['Work.'] }, { age: 34 }));
  assert.deepEqual(schema.required, [
    'name',
    'age',
    'gender',
    'nationality',
    'style',
    'beliefs',
    'other_facts',
  ]);
  assert.equal(valueAt(schema, ['properties', 'beliefs', 'minItems']), 7);
  assert.equal(valueAt(schema, ['properties', 'other_facts', 'minItems']), 1);
  assert.deepEqual(prompt.misread, ['age']);
  assert.deepEqual(prompt.draft.other_facts, numbered('A fact', 5), 'without the entries at fault');
  assert.deepEqual(prompt.draft.beliefs, ['Work.']);
  assert.equal(prompt.draft.style, undefined);
  assert.deepEqual(prompt.parts, [
    { path: 'style', contradicts: true, entries: undefined },
    { path: 'beliefs', contradicts: false, entries: 7 },
    { path: 'other_facts', contradicts: true, entries: 1 },
  ]);
});

test('a repair is merged: faulty texts and entries go, good ones stay, under the right name', () => {
  const draft = draftOf(wrongAge, { age: 34 });
  const mended = mend(draft, {
    name: 'Winifred Quackenbush',
    age: 34,
    style: 'Winifred talks fast.',
    other_facts: ['Winifred sings.', 'A fact 1.'],
    beliefs: ['Not asked for.'],
    residence: 'Elsewhere',
  });
  assert.deepEqual(mended.faults, []);
  const person = personOf(mended);
  assert.equal(person.style, 'Esi talks fast.');
  assert.deepEqual(person.other_facts, [...numbered('A fact', 5), 'Esi sings.']);
  assert.deepEqual(person.beliefs, examplePersona().beliefs);
  assert.deepEqual([person.name, person.age, person.residence], ['Esi Mensah', 34, 'Takoradi']);
  assert.deepEqual(personOf(draft).style, 'At 45, you talk fast.', 'the draft stays as it was');
});

test('a repair that is wrong again, in the old way or in a new one, leaves the fault', () => {
  const draft = draftOf(wrongAge, { age: 34 });
  const still = (answer: object) => warningsOf(mend(draft, answer, { age: 34 }).faults);
  const both = ['contradiction:style'];
  assert.deepEqual(still({ age: 34, style: 'Still 45 years old.', other_facts: ['New.'] }), both);
  assert.deepEqual(still({ age: 29, style: 'You are 29.', other_facts: ['New.'] }), both);
  assert.deepEqual(still({ style: '', other_facts: ['New.'] }), ['invalid:style']);
  assert.deepEqual(still({}), ['invalid:style']);
  assert.deepEqual(still({ style: 'Fast.' }), [], 'enough facts are left without the faulty one');
});

test('a shallow list stays at fault as long as new entries are too few or repeat the old', () => {
  const draft = draftOf({ beliefs: numbered('A belief', 6) });
  const still = (beliefs: unknown) => warningsOf(mend(draft, { beliefs }).faults);
  assert.deepEqual(still(['One.']), ['shallow:beliefs']);
  assert.deepEqual(still(['One.', 'A belief 0.']), ['shallow:beliefs']);
  assert.deepEqual(still('One. Two.'), ['shallow:beliefs']);
  assert.deepEqual(still(['One.', 'Two.']), []);
});

test('the worst fault names the reason', () => {
  const reason = (...args: Parameters<typeof draftOf>) => faultError(draftOf(...args).faults).reason;
  assert.equal(reason({ beliefs: [] }), 'shallow_persona');
  assert.equal(reason({ ...wrongAge, beliefs: [] }, { age: 34 }), 'contradiction');
  assert.equal(reason({ ...wrongAge, beliefs: [], health: 1 }, { age: 34 }), 'invalid_persona');
});

const characteristics = { age: 34, gender: 'female', nationality: 'Ghanaian', occupation: 'nurse' };

/** A good answer, spoiled in some of its parts. */
const spoiled = fc
  .array(
    fc.tuple(
      fc.constantFrom(...personaParts),
      fc.oneof(
        fc.constant(undefined),
        fc.jsonValue(),
        fc.constantFrom('At 45, you sing.', 'A male Brazilian.', 34, 45, 'male', 'Brazilian', []),
        fc.array(fc.constantFrom('One.', 'Two.', 'You are 45.', 'A Brazilian song.', 7), { maxLength: 12 }),
        fc.constant(numbered('New', 9)),
      ),
    ),
    { maxLength: 8 },
  )
  .map((changes) => {
    const answer: Record<string, unknown> = { ...examplePersona() };
    for (const [{ keys }, value] of changes) putAt(answer, keys, value);
    return answer;
  });

function assertAsAsked(draft: Draft): void {
  const person: Persona = personaSchema.parse(personOf(draft));
  assert.deepEqual(person, personOf(draft));
  assert.deepEqual(
    [person.name, person.age, person.gender, person.nationality],
    ['Esi Mensah', 34, 'female', 'Ghanaian'],
  );
  assert.match(person.occupation.title, /\bnurse\b/i);
  const { relationships: _of, ...own } = person;
  for (const { field, said } of draft.mismatches) {
    if (field === 'age') assert.doesNotMatch(JSON.stringify(own), new RegExp(`(?:At|are) ${said}[,.]`));
    if (field === 'nationality')
      assert.ok(!JSON.stringify({ ...own, residence: '' }).includes(`A ${said} song`));
  }
}

test('whatever is answered, a draft without faults is the person that was asked for, before and after a repair', () => {
  let clean = 0;
  let mended = 0;
  fc.assert(
    fc.property(spoiled, spoiled, (first, second) => {
      const sealed = sealedFields(characteristics);
      const draft = nameDraft(readDraft(first, sealed), owned, sealed);
      if (draft.faults.length === 0) {
        clean += 1;
        return assertAsAsked(draft);
      }
      const after = mendDraft(draft, second, owned, sealed);
      if (after.faults.length > 0) return;
      mended += 1;
      assertAsAsked(after);
    }),
    { numRuns: 600, seed: 7 },
  );
  assert.ok(clean > 20 && mended > 50, `${clean} without a fault, ${mended} mended`);
});
