import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import { createPromptRenderer } from '../../../src/shared/factory/render-prompt.ts';
import { partsJsonSchema, personaParts } from '../../../src/shared/person/parts.ts';
import { personaRequestSchema } from '../../../src/shared/person/schema.ts';
import { dimensionsJsonSchema } from '../../../src/shared/planning/dimensions-answer.ts';
import { createPlanningPrompts } from '../../../src/shared/planning/render-planning-prompt.ts';
import { type CountedPrompt, createPromptTokens } from '../../../src/shared/tokens/prompt-tokens.ts';
import { startSimulator } from '../../../src/simulator/server.ts';

const render = createPromptRenderer().forPopulation({
  context: 'Dockers of Łódź – 人口 and\n\n  their "kin";\r\n/two/ lines </population>.',
  agentParticularities: 'They work nights.',
  names: { locale: null, policy: 'model' },
});
const personSchema = personaRequestSchema({ alternateNames: true }).jsonSchema;

const prompts: Record<string, CountedPrompt> = {
  slot: {
    ...render({ name: 'João d’Ávila', characteristics: { age: 34, 'years in the job': '7.5 years' } }),
    schema: { name: 'person', schema: personSchema },
  },
  'another slot': {
    ...render({ characteristics: { age: 71, gender: 'female' } }),
    schema: { name: 'person', schema: personSchema },
  },
  repair: {
    ...render({
      name: 'João d’Ávila',
      characteristics: { age: 34 },
      repair: {
        draft: { residence: 'Łódź', beliefs: ['You "know" <nothing>.', 'Rain helps.'] },
        misread: ['age'],
        parts: [{ path: 'beliefs', contradicts: true, entries: 6 }],
      },
    }),
    schema: { name: 'person_parts', schema: partsJsonSchema(personaParts.slice(3, 9)) },
  },
  planning: {
    ...createPlanningPrompts().dimensions({
      context: 'A pool.',
      samplingSpaceDescription: 'Its regulars.',
      settled: ['age'],
    }),
    schema: { name: 'sampling_dimensions', schema: dimensionsJsonSchema },
  },
  'without a schema': { system: 'Answer in JSON.', user: 'A <|endoftext|> person.', schema: undefined },
  'with next to nothing': { system: '', user: '', schema: undefined },
};

test('counts what the simulator counts, the first time and again', async () => {
  await using simulator = await startSimulator();
  const client = new OpenAI({ baseURL: simulator.url, apiKey: 'sk-test', maxRetries: 0 });
  const count = createPromptTokens();
  for (const [kind, prompt] of Object.entries(prompts)) {
    const { usage } = await client.chat.completions.create({
      model: 'simulated-1',
      messages: [
        { role: 'system', content: prompt.system },
        { role: 'user', content: prompt.user },
      ],
      ...(prompt.schema === undefined
        ? {}
        : { response_format: { type: 'json_schema', json_schema: { ...prompt.schema, strict: true } } }),
    });
    assert.equal(count(prompt), usage?.prompt_tokens, kind);
    assert.equal(count(prompt), usage?.prompt_tokens, `${kind}, again`);
  }
});

test('what was counted before changes no number', () => {
  const used = createPromptTokens();
  const line = fc.constantFrom(
    '- age: 3',
    '- name: Ada',
    '',
    ' ',
    '/',
    'a\r',
    '</population>',
    '"a","b"',
    '…',
  );
  const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, fc.option(fc.constant(personSchema)), (system, user, schema) => {
      const prompt = { system, user, schema: schema === null ? undefined : { name: 'person', schema } };
      assert.equal(used(prompt), createPromptTokens()(prompt));
    }),
    { numRuns: 100 },
  );
});
