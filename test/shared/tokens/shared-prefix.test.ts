import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { personaRequestSchema } from '../../../src/shared/person/schema.ts';
import { type CountedPrompt, createPromptTokens } from '../../../src/shared/tokens/prompt-tokens.ts';
import { sharedPrefixTokens } from '../../../src/shared/tokens/shared-prefix.ts';

const schema = { name: 'person', schema: personaRequestSchema({ alternateNames: false }).jsonSchema };
const prompt: CountedPrompt = { system: 'You write people.', user: 'One nurse, please.', schema };
const schemaTokens = countTokens(JSON.stringify(schema.schema));

/** A message's frame and role are four tokens: the words of what is shared come on top. */
const cases: [what: string, other: Partial<CountedPrompt>, shared: number][] = [
  ['the same prompt', {}, createPromptTokens()(prompt)],
  ['another end', { user: 'One nurse, now.' }, schemaTokens + 4 + countTokens(prompt.system) + 4 + 3],
  ['a longer user message', { user: `${prompt.user} Now` }, schemaTokens + 8 + 4 + 5],
  ['no user message', { user: '' }, schemaTokens + 8 + 4],
  ['another system message', { system: 'You paint.' }, schemaTokens + 4 + 1],
  ['another schema', { schema: { name: 'person', schema: { type: 'array' } } }, countTokens('{"type":"')],
  ['no schema', { schema: undefined }, 0],
];

for (const [what, other, shared] of cases) {
  test(`prompts share their leading tokens: ${what}`, () => {
    assert.equal(sharedPrefixTokens(prompt, { ...prompt, ...other }), shared);
    assert.equal(sharedPrefixTokens({ ...prompt, ...other }, prompt), shared);
  });
}
