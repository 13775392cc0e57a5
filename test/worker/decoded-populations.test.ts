import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '../../src/shared/factory/canonical-json.ts';
import type { TinyPersonFactoryState } from '../../src/shared/factory/person-factory-state.ts';
import { createPromptRenderer } from '../../src/shared/factory/render-prompt.ts';
import { canonicalName } from '../../src/shared/transactions/canonical-name.ts';
import { createDecodedPopulations } from '../../src/worker/decoded-populations.ts';

const stateOf = (changes: Partial<TinyPersonFactoryState> = {}): TinyPersonFactoryState => ({
  type: 'TinyPersonFactory',
  version: 1,
  name: 'f',
  simulationId: null,
  context: 'A hospital.',
  populationSize: 40,
  seed: '7',
  agentParticularities: null,
  names: { locale: null, policy: 'reserved' },
  model: null,
  temperature: null,
  attempts: 3,
  onMismatch: 'repair',
  dimensions: [],
  ...changes,
});

function populations() {
  const decoded = createDecodedPopulations({
    defaultModel: 'default-model',
    prompts: createPromptRenderer(),
  });
  let asked = 0;
  return {
    asked: () => asked,
    get(state: TinyPersonFactoryState | string) {
      return decoded.get(digest(state), async () => {
        asked += 1;
        return typeof state === 'string' ? state : JSON.stringify(state);
      });
    },
  };
}

test('a state is asked for and decoded once, also by calls that come together', async () => {
  const { get, asked } = populations();
  const [one, other] = await Promise.all([get(stateOf()), get(stateOf())]);
  assert.equal(one, other);
  assert.equal(await get(stateOf()), one);
  assert.equal(asked(), 1);
  assert.notEqual(await get(stateOf({ context: 'A school.' })), one);
  assert.equal(asked(), 2);
});

test('a failed decoding is not kept, and says what is wrong', async () => {
  const { get, asked } = populations();
  await assert.rejects(get('{'), /does not parse/);
  await assert.rejects(get('{'), /does not parse/);
  assert.equal(asked(), 2);
  const decoded = createDecodedPopulations({ defaultModel: 'm', prompts: createPromptRenderer() });
  await assert.rejects(
    decoded.get('d', () => Promise.reject(new Error('Redis is away'))),
    /Redis is away/,
  );
  assert.equal((await decoded.get('d', async () => JSON.stringify(stateOf()))).state.context, 'A hospital.');
});

test('a locale that does not exist is a fault that names the setting', async () => {
  const { get } = populations();
  await assert.rejects(get(stateOf({ names: { locale: 'klingon', policy: 'reserved' } })), {
    name: 'UserError',
    message: /names\.locale/,
  });
});

test("the state's model is called, else the worker's own", async () => {
  const { get } = populations();
  assert.equal((await get(stateOf())).model, 'default-model');
  assert.equal((await get(stateOf({ model: 'gpt-x' }))).model, 'gpt-x');
});

test('the plan follows the extents, or the size where there are none', async () => {
  const { get } = populations();
  const dimensions = [{ name: 'age', kind: 'range' as const, min: 18, max: 90 }];
  const grown = await get(stateOf({ dimensions, populationSize: 30, extents: [20, 10] }));
  const before = await get(stateOf({ dimensions, populationSize: 20 }));
  assert.equal(grown.plan.size, 30);
  for (const slot of [0, 7, 19]) {
    assert.deepEqual(grown.plan.characteristics(slot), before.plan.characteristics(slot));
  }
});

test('more names are asked of the model only where it chooses them', async () => {
  const { get } = populations();
  const properties = async (policy: 'model' | 'reserved') => {
    const { answerSchema } = await get(stateOf({ names: { locale: null, policy } }));
    return Object.keys(answerSchema.jsonSchema.properties ?? {});
  };
  assert.ok((await properties('model')).includes('alternate_names'));
  assert.ok(!(await properties('reserved')).includes('alternate_names'));
});

test('names follow what the plan can seal, and never repeat within a population', async () => {
  const weights = (...values: string[]) => values.map((value) => ({ value, weight: 1 }));
  const { get } = populations();
  const { names, plan } = await get(
    stateOf({
      dimensions: [
        { name: 'Gender', kind: 'values', values: weights('female', 'male') },
        { name: 'Country', kind: 'values', values: weights('Japan', 'Brazil') },
      ],
    }),
  );
  const seen = new Set<string>();
  for (let slot = 0; slot < plan.size; slot += 1) {
    const { Gender: gender, Country: nationality } = plan.characteristics(slot);
    const { full } = names.candidate(slot, 0, { gender: String(gender), nationality: String(nationality) });
    assert.equal(/\p{sc=Latin}/u.test(full), nationality === 'Brazil', full);
    seen.add(canonicalName(full));
  }
  assert.equal(seen.size, plan.size);
});

test('two populations with one seed do not go through the same names', async () => {
  const { get } = populations();
  const [one, other] = await Promise.all([get(stateOf()), get(stateOf({ context: 'A school.' }))]);
  const own = (population: typeof one) =>
    Array.from({ length: 40 }, (_, slot) => population.names.candidate(slot, 0, {}).full);
  const shared = own(one).filter((name) => own(other).includes(name));
  assert.ok(shared.length < 10, `${shared.length} of 40 shared`);
});

test('a growing population keeps its names', async () => {
  const { get } = populations();
  const [before, grown] = await Promise.all([
    get(stateOf()),
    get(stateOf({ populationSize: 50, extents: [40, 10] })),
  ]);
  for (const slot of [0, 20, 39]) {
    assert.deepEqual(grown.names.candidate(slot, 0, {}), before.names.candidate(slot, 0, {}));
  }
});
