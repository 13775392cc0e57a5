import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  DIMENSIONS_SCHEMA_NAME,
  type DimensionsAnswer,
  dimensionsAnswerSchema,
  dimensionsJsonSchema,
} from '../../src/shared/planning/dimensions-answer.ts';
import {
  FACTORIES_SCHEMA_NAME,
  factoriesJsonSchema,
  plannedFactorySchema,
} from '../../src/shared/planning/factories-answer.ts';
import type { PlannedFactory } from '../../src/shared/planning/operations.ts';
import { createPlanningPrompts } from '../../src/shared/planning/render-planning-prompt.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { readDimensions } from '../../src/worker/planning/sampling-dimensions.ts';
import { clientOf } from './simulated-client.ts';

const prompts = createPlanningPrompts();

/** The choice that a simulator with these options answers a planning request with. */
async function choiceOf(
  t: TestContext,
  options: Partial<SimulatorOptions>,
  { system, user }: { system: string; user: string },
  [name, schema]: readonly [string, object],
) {
  const simulator = await startSimulator(options);
  t.after(() => simulator.stop());
  const completion = await clientOf(simulator).chat.completions.create({
    model: 'simulated-1',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: { name, strict: true, schema: schema as Record<string, unknown> },
    },
  });
  const choice = completion.choices[0];
  assert.ok(choice);
  return choice;
}

const askDimensions = (t: TestContext, options: Partial<SimulatorOptions>, about = 'Ferry crews.') =>
  choiceOf(t, options, prompts.dimensions({ samplingSpaceDescription: about, context: '', settled: [] }), [
    DIMENSIONS_SCHEMA_NAME,
    dimensionsJsonSchema,
  ]);

async function factoriesOf(
  t: TestContext,
  options: Partial<SimulatorOptions>,
  count: number,
  earlier: PlannedFactory[] = [],
): Promise<PlannedFactory[]> {
  const prompt = prompts.factories({ genericContext: 'Users of a tram. It is late.', count, earlier });
  const { message } = await choiceOf(t, options, prompt, [FACTORIES_SCHEMA_NAME, factoriesJsonSchema(count)]);
  return JSON.parse(message.content ?? '').factories;
}

test('dimensions are usable, differ by description, and carry weights that are no shares', async (t) => {
  for (const completionScale of [0, 1]) {
    const { message } = await askDimensions(t, { completionScale });
    const answer: DimensionsAnswer = JSON.parse(message.content ?? '');
    assert.deepEqual(dimensionsAnswerSchema.parse(answer), answer);
    const reading = readDimensions(answer);
    assert.ok('dimensions' in reading, JSON.stringify(reading));
    assert.ok(reading.dimensions.length >= 3);
    const sums = answer.dimensions
      .filter(({ values }) => values.length > 0)
      .map(({ values }) => values.reduce((sum, { weight }) => sum + weight, 0));
    for (const sum of sums) assert.ok(Math.abs(sum - 1) > 0.01 && Math.abs(sum - 100) > 0.01, `sum ${sum}`);
    const other = await askDimensions(t, { completionScale }, 'Bakers.');
    assert.notEqual(other.message.content, message.content);
  }
});

test('factories are as many as asked for, distinct, built from the context, and none of the earlier ones', async (t) => {
  const first = await factoriesOf(t, {}, 25);
  assert.equal(new Set(first.map(({ title }) => title)).size, 25);
  for (const each of first) {
    assert.deepEqual(plannedFactorySchema.parse(each), each);
    assert.ok(each.context.includes('Users of a tram.') && !each.context.includes('late'), each.context);
  }
  const again = await factoriesOf(t, {}, 25, first);
  assert.equal(new Set([...first, ...again].map(({ title }) => title)).size, 50);
});

test('faults apply to plans as well', async (t) => {
  const shallow = await askDimensions(t, { faults: { shallow_lists: 1 } });
  assert.ok('faults' in readDimensions(JSON.parse(shallow.message.content ?? '')));
  assert.equal((await factoriesOf(t, { faults: { shallow_lists: 1 } }, 9)).length, 3);
  const invalid = await askDimensions(t, { faults: { invalid_json: 1 } });
  assert.throws(() => JSON.parse(invalid.message.content ?? ''));
  assert.ok((await askDimensions(t, { faults: { refusal: 1 } })).message.refusal);
  assert.equal((await askDimensions(t, { faults: { length: 1 } })).finish_reason, 'length');
});

test('in JSON mode a plan is known by the schema that the prompt spells out', async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.stop());
  const ask = async ({ system, user }: { system: string; user: string }, schema: object) => {
    const { choices } = await clientOf(simulator).chat.completions.create({
      model: 'simulated-1',
      messages: [
        { role: 'system', content: `${system}\nAnswer with JSON for this schema: ${JSON.stringify(schema)}` },
        { role: 'user', content: user },
      ],
      response_format: { type: 'json_object' },
    });
    return JSON.parse(choices[0]?.message.content ?? '');
  };
  const about = prompts.dimensions({ samplingSpaceDescription: 'Bakers.', context: '', settled: [] });
  assert.ok('dimensions' in readDimensions(await ask(about, dimensionsJsonSchema)));
  const groups = prompts.factories({ genericContext: 'Users of a tram.', count: 4, earlier: [] });
  const { factories } = await ask(groups, factoriesJsonSchema(4));
  assert.equal(new Set(factories.map(({ title }: PlannedFactory) => title)).size, 4);
});
