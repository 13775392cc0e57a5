import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelCallError } from '../../../src/shared/errors.ts';
import { answerObject } from '../../../src/worker/answer/answer-object.ts';
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

test('what is not JSON is invalid_json', () => {
  for (const content of ['', 'Sorry.', json.slice(0, -1), `${json} done`, '```', '``````', '```json\n']) {
    assert.equal(refused(content).reason, 'invalid_json', content.slice(0, 20));
  }
});

test('JSON that is no object is invalid_persona', () => {
  for (const content of ['null', '[]', '"Ama"', '41', `[${json}]`]) {
    assert.equal(refused(content).reason, 'invalid_persona', content.slice(0, 20));
  }
});

test('a runaway answer of blanks is refused in no time', () => {
  for (const content of [`\`\`\`json\n${' \n'.repeat(500_000)}`, `{${' '.repeat(1_000_000)}`]) {
    assert.equal(refused(content).reason, 'invalid_json');
  }
});
