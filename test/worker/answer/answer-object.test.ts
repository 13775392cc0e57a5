import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { answerObject, readAnswerObject } from '../../../src/worker/answer/answer-object.ts';
import { examplePersona } from '../../shared/person/example-persona.ts';

function refused(content: string): ModelCallError {
  try {
    answerObject(content);
  } catch (error) {
    assert.ok(error instanceof ModelCallError);
    assert.equal(error.reaction, 'retry');
    return error;
  }
  throw new Error('expected the answer to be refused');
}

const json = JSON.stringify(examplePersona());

test('code fences are removed, in the forms that models write', () => {
  for (const fenced of [
    json,
    `\`\`\`json\n${json}\n\`\`\``,
    `\n\n\`\`\`\n${json}\n\`\`\`\n`,
    `\`\`\`JSON\r\n${json}\r\n\`\`\``,
    `\`\`\`json ${json}\`\`\``,
    `  ${JSON.stringify(examplePersona(), null, 2)}  `,
  ]) {
    assert.deepEqual(answerObject(fenced), examplePersona());
  }
});

test('an object is found in the prose around it, the largest where there are several', () => {
  for (const prose of [
    `Here is the person:\n\n\`\`\`json\n${json}\n\`\`\`\n\nI hope this helps {smile}!`,
    `<think>{"plan": "a \\"quoted\\" brace }"} and [1] more</think>${json}`,
    `${json} done`,
    `${json}\n${JSON.stringify({ note: 'see above' })}`,
    `\ufeff${json}`,
  ]) {
    assert.deepEqual(answerObject(prose), examplePersona(), prose.slice(0, 40));
  }
});

test('an object that is nearly JSON is repaired', () => {
  const [first, ...lines] = JSON.stringify(examplePersona(), null, 2).split('\n');
  for (const [what, broken] of [
    ['comma too many', json.replaceAll(']', ',]').replace(/}$/, ',}')],
    ['comment', [first, '  // a person', ...lines].join('\n')],
    ['bare keys', json.replaceAll(/"(\w+)":/g, '$1:')],
    ['single quotes', "{'name': 'Ama Boateng', 'age': 41}"],
    ['True and None', '{"name": "Ama Boateng", "age": 41, "alive": True, "pet": None}'],
    ['a bracket too few', json.slice(0, -1)],
    ['a bracket too few in a fence', `\`\`\`json\n${json.slice(0, -1)}\n\`\`\``],
    ['a quote inside', '{"name": "Ama "Auntie" Boateng", "age": 41}'],
    ['line feeds inside', json.replace('Junior high', 'Junior\nhigh')],
  ] as const) {
    const { name, age } = answerObject(broken) as { name: string; age: number };
    assert.match(name, /^Ama .*Boateng$/, what);
    assert.equal(age, 41, what);
  }
});

test('what is not JSON is invalid_json', () => {
  for (const content of ['', 'Sorry.', '```', '``````', '```json\n', '{', '}', '{]', 'a { b', '\\']) {
    const { reason } = refused(content);
    assert.equal(reason, 'invalid_json', content.slice(0, 20));
    assert.equal(readAnswerObject(content), undefined);
  }
});

test('an answer that breaks off inside a text is refused: nobody would notice the end that is missing', () => {
  for (const half of ['{"name": "Ama Boa', '{"name": "Ama", "facts": ["You sew', '```json\n{"name": "Ama']) {
    assert.equal(refused(half).reason, 'invalid_json', half);
  }
});

test('JSON that is no object is invalid_persona, in prose and fences as well', () => {
  for (const content of [
    'null',
    '[]',
    '"Ama"',
    '41',
    `[${json}]`,
    `\`\`\`json\n[${json}]\n\`\`\``,
    `Two people: [${json}, ${json},]`,
  ]) {
    assert.equal(refused(content).reason, 'invalid_persona', content.slice(0, 20));
  }
});

test('whatever an answer holds, it is an object or a refusal, and no prototype is touched', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'{}[]",:\\\'`/*ab1 \n', '"__proto__":', '```json')), (parts) => {
      const object = readAnswerObject(parts.join(''));
      assert.ok(object === undefined || Object.getPrototypeOf(object) === Object.prototype);
    }),
  );
});

// Each of these took minutes, or hours, in one of the steps. The test's time limit holds them.
const RUNAWAY = 1_000_000;
for (const [what, content] of [
  ['blanks in a fence', `\`\`\`json\n${' \n'.repeat(RUNAWAY / 2)}`],
  ['blanks in an object', `{${' '.repeat(RUNAWAY)}`],
  ['fences', '`'.repeat(RUNAWAY)],
  ['brackets', '['.repeat(RUNAWAY)],
  ['objects that do not end', '{"a":'.repeat(RUNAWAY / 5)],
  ['quotes at the ends of lines', `{"a":${'"b\n'.repeat(25_000)}}`],
  ['single quotes', `{'a': '${"\\',1 '".repeat(15_000)}`],
  ['braces in a text', `{"a":["${'{ '.repeat(30_000)}}`],
] as const) {
  test(`a runaway answer of ${what} is refused in no time`, () => {
    assert.match(refused(content).reason, /^invalid_(json|persona)$/);
  });
}
