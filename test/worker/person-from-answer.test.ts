import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCallError } from '../../src/shared/errors.ts';
import { personaRequestSchema } from '../../src/shared/person/schema.ts';
import type { Characteristics } from '../../src/shared/sampling/dimensions.ts';
import { personFromAnswer, withSealed } from '../../src/worker/person-from-answer.ts';
import { examplePersona } from '../shared/person/example-persona.ts';

const { schema } = personaRequestSchema({ alternateNames: false });
const read = (content: string) => personFromAnswer(content, schema);

function refused(content: string): ModelCallError {
  try {
    read(content);
  } catch (error) {
    assert.ok(error instanceof ModelCallError);
    assert.equal(error.reaction, 'retry');
    return error;
  }
  throw new Error('expected the answer to be refused');
}

test('an answer is a person, with the name it chose as the only one offered', () => {
  const { persona, offeredNames } = read(JSON.stringify(examplePersona()));
  assert.deepEqual(persona, examplePersona());
  assert.deepEqual(offeredNames, ['Ama Boateng']);
});

test('code fences are removed, in the forms that models write', () => {
  const json = JSON.stringify(examplePersona());
  for (const fenced of [
    `\`\`\`json\n${json}\n\`\`\``,
    `\n\n\`\`\`\n${json}\n\`\`\`\n`,
    `\`\`\`JSON\r\n${json}\r\n\`\`\``,
    `\`\`\`json ${json}\`\`\``,
    `  ${JSON.stringify(examplePersona(), null, 2)}  `,
  ]) {
    assert.deepEqual(read(fenced).persona, examplePersona());
  }
});

test('what is not JSON is invalid_json', () => {
  const json = JSON.stringify(examplePersona());
  for (const content of ['', 'Sorry.', json.slice(0, -1), `${json} done`, '```', '``````', '```json\n']) {
    assert.equal(refused(content).reason, 'invalid_json', content.slice(0, 20));
  }
});

test('a runaway answer of blanks is refused in no time', () => {
  for (const content of [`\`\`\`json\n${' \n'.repeat(500_000)}`, `{${' '.repeat(1_000_000)}`]) {
    assert.equal(refused(content).reason, 'invalid_json');
  }
});

test('a person that is not whole is invalid_persona, with the places, and no more than three of them', () => {
  const { health: _health, ...sick } = examplePersona();
  const few = { ...sick, age: '41', beliefs: ['a secret belief'], skills: [] };
  const error = refused(JSON.stringify(few));
  assert.equal(error.reason, 'invalid_persona');
  assert.match(error.message, /age: .*; beliefs: /);
  assert.equal(error.message.split('; ').length, 3);
  assert.doesNotMatch(error.message, /secret belief/);
  for (const content of ['null', '[]', '"Ama"', '{}', JSON.stringify({ persona: examplePersona() })]) {
    assert.equal(refused(content).reason, 'invalid_persona', content);
  }
});

test('keys that nobody asked for are refused, those that could change a prototype included', () => {
  const json = JSON.stringify(examplePersona());
  for (const key of ['mood', '__proto__', 'constructor', 'alternate_names']) {
    assert.equal(refused(json.replace('{', `{"${key}":["x"],`)).reason, 'invalid_persona', key);
  }
});

test('alternate names are offered after the first, and are no part of the person', () => {
  const { schema: withNames } = personaRequestSchema({ alternateNames: true });
  const alternates = ['A B', 'C D', 'E F', 'G H', 'I J'];
  const answer = JSON.stringify({ ...examplePersona(), alternate_names: alternates });
  const { persona, offeredNames } = personFromAnswer(answer, withNames);
  assert.deepEqual(offeredNames, ['Ama Boateng', ...alternates]);
  assert.deepEqual(persona, examplePersona());
});

const sealed = (characteristics: Characteristics) => withSealed(examplePersona(), characteristics);

test('sealed characteristics that are fields of a person are set right', () => {
  const { age, gender, nationality, residence } = sealed({
    Age: 33,
    ' gender ': 'male',
    NATIONALITY: 'Brazilian',
    residence: 'Recife',
  });
  assert.deepEqual([age, gender, nationality, residence], [33, 'male', 'Brazilian', 'Recife']);
});

test('an age may be sealed as a text; a band is left to the model', () => {
  assert.equal(sealed({ age: '33' }).age, 33);
  assert.equal(sealed({ age: '30-39' }).age, examplePersona().age);
  assert.equal(sealed({ age: 'retired' }).age, examplePersona().age);
});

test('other characteristics change nothing, and the person handed in stays as it was', () => {
  const persona = examplePersona();
  assert.deepEqual(withSealed(persona, { occupation: 'nurse', name: 'X', __proto__: 'y' }), examplePersona());
  withSealed(persona, { age: 1 });
  assert.deepEqual(persona, examplePersona());
});
