import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/shared/errors.ts';
import { TinyPerson } from '../../../src/shared/person/tiny-person.ts';
import { examplePersona } from './example-persona.ts';

const ama = () => new TinyPerson({ persona: examplePersona() });

test('get follows dotted paths through maps only, and never to the prototype', () => {
  const person = ama();
  assert.equal(person.get('occupation.title'), 'seamstress');
  assert.deepEqual(person.get('behaviors.routines.morning'), [
    'You have a morning number 1.',
    'You have a morning number 2.',
  ]);
  for (const key of [
    'nothing',
    'occupation.title.length',
    'relationships.0',
    'constructor',
    '__proto__',
    'occupation.toString',
    '',
  ]) {
    assert.equal(person.get(key), undefined, key);
  }
});

test('persons share nothing with what they were made from, with what they give out, or with one another', () => {
  const persona = examplePersona();
  const characteristics = { age: 41 };
  const provenance = { tokens: { prompt: 3 } };
  const one = new TinyPerson({ persona, characteristics, provenance });
  const two = new TinyPerson({ persona, characteristics, provenance });
  const before = two.encodeCompleteState();
  persona.beliefs.push('x');
  characteristics.age = 1;
  provenance.tokens.prompt = 9;
  (one.get('beliefs') as string[]).push('y');
  one.persona.name = 'Eve';
  Object.assign(one.characteristics ?? {}, { age: 2 });
  Object.assign(one.provenance ?? {}, { tokens: 0 });
  assert.deepEqual(one.encodeCompleteState(), before);
  one.define('age', 5);
  assert.deepEqual(two.encodeCompleteState(), before);
});

test('a specification needs a name', () => {
  for (const persona of [{}, { name: '' }, { name: '  ' }, { name: 3 }, [], new Map()]) {
    assert.throws(() => new TinyPerson({ persona }), UserError);
  }
  assert.equal(new TinyPerson({ persona: { name: ' Ama ' } }).name, 'Ama');
});

test('define replaces scalars, lists and maps, and removes common indentation', () => {
  const person = ama();
  person.define('age', 42);
  person.define('beliefs', ['one']);
  person.define('preferences', { likes: ['tea'] });
  person.define('style', '\n    Slow.\n      Very.');
  assert.equal(person.get('age'), 42);
  assert.deepEqual(person.get('beliefs'), ['one']);
  assert.deepEqual(person.get('preferences'), { likes: ['tea'] });
  assert.equal(person.get('style'), '\nSlow.\n  Very.');
});

test('define with merge extends lists, merges maps and replaces the scalars inside', () => {
  const person = ama();
  person.define('beliefs', ['You have a belief number 1.', 'new'], { merge: true });
  person.define('occupation', { title: 'tailor', years: 9 }, { merge: true });
  assert.deepEqual((person.get('beliefs') as string[]).slice(7), ['You have a belief number 8.', 'new']);
  assert.equal(person.get('occupation.title'), 'tailor');
  assert.equal(person.get('occupation.organization'), 'her own shop');
  assert.throws(
    () => person.define('occupation', { title: 'weaver' }, { merge: true, overwriteScalars: false }),
    /\$\.occupation\.title is already "tailor"/,
  );
});

test('define can keep existing scalars', () => {
  const person = ama();
  assert.throws(
    () => person.define('age', 9, { overwriteScalars: false }),
    /"age" of Ama Boateng is already defined/,
  );
  person.define('shoe_size', 39, { overwriteScalars: false });
  assert.equal(person.get('shoe_size'), 39);
});

test('define takes dotted paths and creates the maps on the way', () => {
  const person = ama();
  person.define('occupation.title', 'tailor');
  person.define('home.kitchen.stove', 'gas');
  person.define('behaviors.routines.morning', ['You pray.'], { merge: true });
  assert.equal(person.get('occupation.organization'), 'her own shop');
  assert.deepEqual(person.get('home'), { kitchen: { stove: 'gas' } });
  assert.equal((person.get('behaviors.routines.morning') as string[]).length, 3);
  assert.throws(() => person.define('age.years', 4), /"age" is a number, expected an object/);
});

test('a definition that is refused changes nothing', () => {
  const person = ama();
  const before = person.encodeCompleteState();
  const refused: [string, unknown][] = [
    ['name', ''],
    ['name', 7],
    ['occupation', true],
    ['__proto__', { name: 'Eve' }],
    ['a.constructor', 1],
    ['a', undefined],
    ['a', Number.NaN],
    ['a', JSON.parse('{"__proto__":{"x":1}}')],
  ];
  for (const [key, value] of refused) assert.throws(() => person.define(key, value), UserError, key);
  assert.throws(() => person.define('__proto__', { x: 1 }, { merge: true }), UserError);
  assert.throws(
    () => person.includePersonaDefinitions({ beliefs: ['new'], age: 9 }, { overwriteScalars: false }),
    /\$\.age is already 41/,
  );
  assert.throws(
    () => person.includePersonaDefinitions({ beliefs: ['new'], age: ['9'] }),
    /a list into a scalar/,
  );
  assert.deepEqual(person.encodeCompleteState(), before);
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
});

test('included definitions extend lists, merge maps and replace scalars', () => {
  const person = ama();
  person.includePersonaDefinitions({
    beliefs: ['new', 'You have a belief number 1.'],
    occupation: { title: 'tailor' },
    pets: { dog: 'Rex' },
    age: 42,
  });
  assert.deepEqual((person.get('beliefs') as string[]).slice(7), ['You have a belief number 8.', 'new']);
  assert.deepEqual(
    [person.get('occupation.title'), person.get('occupation.organization')],
    ['tailor', 'her own shop'],
  );
  assert.deepEqual([person.get('pets.dog'), person.get('age')], ['Rex', 42]);
  person.includePersonaDefinitions({ age: 42, shoe_size: 39 }, { overwriteScalars: false });
  assert.equal(person.get('shoe_size'), 39);
  assert.throws(() => person.includePersonaDefinitions([]), /expected an object/);
});

test('included definitions never rename a person', () => {
  const person = ama();
  const before = person.encodeCompleteState();
  for (const name of ['Ama Mensah', 'ama boateng', null, '', 7, ['Ama Boateng']]) {
    assert.throws(
      () => person.includePersonaDefinitions({ beliefs: ['new'], name }, { overwriteScalars: true }),
      (error) =>
        error instanceof UserError && /the person is "Ama Boateng": leave the name out/.test(error.message),
    );
  }
  assert.deepEqual(person.encodeCompleteState(), before);
  person.includePersonaDefinitions({ beliefs: ['new'], name: 'Ama Boateng' });
  assert.equal((person.get('beliefs') as string[]).length, 9);
  person.define('name', 'Ama Mensah');
  assert.equal(person.name, 'Ama Mensah');
});

test('fragments are imported from objects of their type only', async () => {
  const person = ama();
  await person.importFragment({ type: 'Fragment', persona: { behaviors: { travel: ['You plan.'] } } });
  assert.deepEqual(person.get('behaviors.travel'), ['You plan.']);
  await assert.rejects(
    person.importFragment({ type: 'TinyPerson', persona: {} }),
    /expected "type": "Fragment", got "TinyPerson"/,
  );
  await assert.rejects(person.importFragment({ type: 'Fragment' }), /expected an object at \$\.persona/);
  const older = { type: 'Fragment', persona: { age: 42 } };
  await assert.rejects(person.importFragment(older, { overwriteScalars: false }), /\$\.age is already 41/);
  await person.importFragment(older);
  assert.equal(person.get('age'), 42);
});

test('states survive encoding, whatever the persona holds', () => {
  const key = fc.string().filter((text) => !['__proto__', 'constructor', 'prototype', 'name'].includes(text));
  const extra = fc.dictionary(
    fc.string().map((text) => `x${text}`),
    fc.oneof(
      fc.string(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.array(fc.dictionary(key, fc.boolean())),
    ),
  );
  fc.assert(
    fc.property(
      extra,
      fc.dictionary(key, fc.oneof(fc.string(), fc.integer())),
      (persona, characteristics) => {
        const person = new TinyPerson({
          persona: { name: 'A', ...persona },
          characteristics,
          provenance: { model: 'm' },
        });
        const text = JSON.stringify(person.encodeCompleteState());
        assert.equal(JSON.stringify(TinyPerson.decodeCompleteState(text).encodeCompleteState()), text);
      },
    ),
  );
});

test('hostile states are refused', () => {
  const state = ama().encodeCompleteState();
  const text = JSON.stringify(state);
  for (const hostile of [
    text.replace('{', '{"__proto__":{},'),
    text.replace('"persona":{', '"persona":{"prototype":1,'),
    { ...state, persona: { ...state.persona, x: JSON.parse('['.repeat(40) + ']'.repeat(40)) } },
    { ...state, persona: { ...state.persona, x: 'x'.repeat(2 * 1024 * 1024) } },
    { ...state, version: 2 },
    { ...state, type: 'TinyFactory' },
    { ...state, persona: [] },
    { ...state, characteristics: { age: null } },
    { ...state, extra: 1 },
  ]) {
    assert.throws(() => TinyPerson.decodeCompleteState(hostile), { name: 'FactoryStateError' });
  }
});

test('the specification holds provenance and characteristics only where known', () => {
  assert.deepEqual(Object.keys(ama().specification()), ['type', 'persona']);
  const known = new TinyPerson({
    persona: { name: 'A' },
    provenance: { model: 'm' },
    characteristics: { age: 3 },
  });
  assert.deepEqual(known.specification(), {
    type: 'TinyPerson',
    persona: { name: 'A' },
    provenance: { model: 'm' },
    characteristics: { age: 3 },
  });
});

test('minibio and toString', () => {
  assert.match(ama().minibio(), /^Ama Boateng, 41, seamstress/);
  assert.equal(`${ama()}`, "TinyPerson(name='Ama Boateng')");
});
