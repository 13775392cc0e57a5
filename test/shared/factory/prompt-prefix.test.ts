import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { loadPopulationSpec } from '../../../src/producer/population-spec.ts';
import { createPromptRenderer, type SlotParticulars } from '../../../src/shared/factory/render-prompt.ts';
import { TinyPersonFactory } from '../../../src/shared/factory/tiny-person-factory.ts';
import { personaRequestSchema } from '../../../src/shared/person/schema.ts';
import { sealedFields } from '../../../src/shared/person/sealed-fields.ts';
import { dimensionsJsonSchema } from '../../../src/shared/planning/dimensions-answer.ts';
import { createPlanningPrompts } from '../../../src/shared/planning/render-planning-prompt.ts';
import { type CountedPrompt, createPromptTokens } from '../../../src/shared/tokens/prompt-tokens.ts';
import { sharedPrefixTokens } from '../../../src/shared/tokens/shared-prefix.ts';
import { startSimulator } from '../../../src/simulator/server.ts';
import { readDraft } from '../../../src/worker/answer/draft.ts';
import { repairRequestOf } from '../../../src/worker/answer/repair-request.ts';
import { createDecodedPopulations } from '../../../src/worker/decoded-populations.ts';
import { examplePersona } from '../person/example-persona.ts';

type FactoryOptions = ConstructorParameters<typeof TinyPersonFactory>[0];

const riverside = await loadPopulationSpec(
  new URL('../../../examples/riverside.yaml', import.meta.url).pathname,
);
const LONG_CONTEXT = 'Nurses, porters and clerks of a hospital in a port on a tidal river. '.repeat(30);
const countPrompt = createPromptTokens();

/** A population as a worker has it, and the prompts that its slots are asked with. */
async function population(options: Partial<FactoryOptions> = {}) {
  const { context, dimensions, seed, populationSize } = riverside;
  const factory = new TinyPersonFactory({ context, dimensions, seed, populationSize, ...options });
  const state = JSON.stringify(factory.encodeCompleteState());
  const prompts = createPromptRenderer();
  const decoded = await createDecodedPopulations({ defaultModel: 'm', prompts }).get(
    state,
    async () => state,
  );
  const particulars = (slot: number): SlotParticulars => {
    const { characteristics } = decoded.plan.seal(slot);
    if (decoded.state.names.policy === 'model') return { characteristics };
    return { characteristics, name: decoded.names.candidate(slot, 0, {}).full };
  };
  const schema = { name: 'person', schema: decoded.answerSchema.jsonSchema };
  return {
    firstCall: (slot: number): CountedPrompt => ({ ...decoded.renderPrompt(particulars(slot)), schema }),
    /** The repair of an answer that lacks beliefs and a job. */
    repair(slot: number): CountedPrompt {
      const { characteristics, ...named } = particulars(slot);
      const answer = { ...examplePersona(), beliefs: ['Luck decides.'], occupation: {} };
      const { schema, prompt } = repairRequestOf(readDraft(answer, sealedFields({})));
      const rendered = decoded.renderPrompt({ characteristics, ...named, repair: prompt });
      return { ...rendered, schema: { name: 'person_parts', schema } };
    },
  };
}

function assertSharedPrefix(a: CountedPrompt, b: CountedPrompt, share: number): void {
  const shared = sharedPrefixTokens(a, b);
  const tokens = countPrompt(b);
  assert.ok(shared >= 1024, `only ${shared} tokens are shared`);
  assert.ok(shared / tokens >= share, `only ${shared} of ${tokens} tokens are shared`);
}

const populations: Record<string, Partial<FactoryOptions>> = {
  'the riverside example': {},
  'a long context': { context: LONG_CONTEXT, agentParticularities: 'All of them work nights.' },
  'no context': { context: '' },
  'as many dimensions as planning asks for': {
    dimensions: Array.from({ length: 20 }, (_, index) => ({
      kind: 'values' as const,
      name: `experience with subject ${index}`,
      values: ['none to speak of', 'some, long ago', 'a good deal'].map((value) => ({ value, weight: 1 })),
    })),
  },
  'names from the model': { names: { locale: null, policy: 'model' } },
};

for (const [kind, options] of Object.entries(populations)) {
  test(`slots of a population share nine tenths of their prompts as a prefix: ${kind}`, async () => {
    const { firstCall } = await population(options);
    for (const slot of [1, 2, 17, 99, 199]) assertSharedPrefix(firstCall(0), firstCall(slot), 0.9);
  });
}

test('the provider finds that prefix in its cache', async () => {
  await using simulator = await startSimulator();
  const client = new OpenAI({ baseURL: simulator.url, apiKey: 'sk-test', maxRetries: 0 });
  const { firstCall } = await population();
  const cachedShares: number[] = [];
  for (const slot of [0, 1]) {
    const { system, user, schema } = firstCall(slot);
    assert.ok(schema);
    const { usage } = await client.chat.completions.create({
      model: 'simulated-1',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
      response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } },
    });
    assert.ok(usage);
    cachedShares.push((usage.prompt_tokens_details?.cached_tokens ?? 0) / usage.prompt_tokens);
  }
  const [first = 1, second = 0] = cachedShares;
  assert.equal(first, 0);
  assert.ok(second >= 0.9, `${second}`);
});

test('a repair goes on where its own first call ended: all of that is its prefix, but for the schema', async () => {
  for (const options of Object.values(populations)) {
    const { firstCall, repair } = await population(options);
    const first = { ...firstCall(3), schema: undefined };
    const again = { ...repair(3), schema: undefined };
    assert.ok(again.user.startsWith(`${first.user}\n\n`));
    const shared = sharedPrefixTokens(first, again);
    assert.ok(shared >= 1024, `only ${shared} tokens are shared`);
    // Less the priming of the answer, and the full stop: it is one token with the line feeds behind it.
    assert.equal(shared, countPrompt(first) - 4);
  }
});

test('repairs of the same parts share their prefix, schema included, up to the slot', async () => {
  for (const options of Object.values(populations)) {
    const { firstCall, repair } = await population(options);
    assertSharedPrefix(repair(3), repair(150), 0.8);
    const upToSlot = sharedPrefixTokens(firstCall(3), firstCall(150)) - sharedSchema(firstCall(3));
    assert.equal(sharedPrefixTokens(repair(3), repair(150)), upToSlot + sharedSchema(repair(3)));
  }
});

test('the last of ten thousand costs what the first costs, and no prompt knows how many there are', async () => {
  const [ten, many] = [
    await population({ populationSize: 10 }),
    await population({ populationSize: 10_000 }),
  ];
  const first = countPrompt(many.firstCall(0));
  for (const slot of [1, 5_000, 9_998, 9_999]) {
    const tokens = countPrompt(many.firstCall(slot));
    assert.ok(Math.abs(tokens / first - 1) <= 0.02, `slot ${slot}: ${tokens} tokens, slot 0: ${first}`);
  }
  assert.ok(Math.abs(countPrompt(ten.firstCall(0)) / first - 1) <= 0.02);
  const slot = { name: 'Ada Berg', characteristics: { age: 40 } };
  const userMessage = (populationSize: number) => {
    const state = new TinyPersonFactory({ populationSize, context: 'A port.' }).encodeCompleteState();
    return createPromptRenderer().renderPersonPrompt({ state, ...slot }).user;
  };
  assert.equal(userMessage(1_000_000), userMessage(1));
});

test('all slots are sent one schema, with one text, that nothing can change', async () => {
  for (const alternateNames of [false, true]) {
    const { jsonSchema } = personaRequestSchema({ alternateNames });
    assert.equal(personaRequestSchema({ alternateNames }).jsonSchema, jsonSchema);
    assertFrozen(jsonSchema);
    const parsed = JSON.parse(JSON.stringify(jsonSchema));
    assert.equal(JSON.stringify(parsed), JSON.stringify(jsonSchema));
  }
  const [a, b] = [await population(), await population({ context: 'A port.' })];
  assert.equal(a.firstCall(0).schema?.schema, a.firstCall(1).schema?.schema);
  assert.equal(a.firstCall(0).schema?.schema, b.firstCall(0).schema?.schema);
});

test('planning prompts begin with what is the same for all, and a repair with its first call', () => {
  const prompts = createPlanningPrompts();
  const schema = { name: 'sampling_dimensions', schema: dimensionsJsonSchema };
  const pool = { context: '', samplingSpaceDescription: 'Regulars of a pool.', settled: ['age'] };
  const first = { ...prompts.dimensions(pool), schema };
  const other = { ...prompts.dimensions({ ...pool, samplingSpaceDescription: 'Dockers.' }), schema };
  assertSharedPrefix(first, other, 0.9);
  const repair = { ...prompts.dimensions(pool, { answer: '{"dimensions":[]}', faults: ['none'] }), schema };
  assertSharedPrefix(first, repair, 0.9);
  assert.ok(repair.user.startsWith(first.user));

  const groups = { genericContext: 'A town.', count: 25 };
  const firstGroups = prompts.factories({ ...groups, earlier: [] });
  const earlier = [{ title: 'Night nurses', context: '' }];
  const more = prompts.factories({ ...groups, earlier });
  const most = prompts.factories({
    ...groups,
    count: 3,
    earlier: [...earlier, { title: 'Pilots', context: '' }],
  });
  assert.equal(more.system, firstGroups.system);
  const titles = more.user.slice(0, more.user.indexOf('\n\nGroups wanted'));
  assert.match(titles, /Night nurses$/);
  assert.ok(most.user.startsWith(`${titles}\n- Pilots`));
});

function sharedSchema({ schema }: CountedPrompt): number {
  const withoutMessages = { system: '', user: '' };
  return countPrompt({ ...withoutMessages, schema }) - countPrompt({ ...withoutMessages, schema: undefined });
}

function assertFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(Object.isFrozen(value), JSON.stringify(value).slice(0, 100));
  for (const inner of Object.values(value)) assertFrozen(inner);
}
