import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsPlanning, planSpec } from '../../src/producer/planning.ts';
import type { PopulationSpec } from '../../src/producer/population-spec.ts';
import type { ProducerSession } from '../../src/producer/session.ts';
import { TinyPersonFactory } from '../../src/shared/factory/tiny-person-factory.ts';
import type { Dimension } from '../../src/shared/sampling/dimensions.ts';

const values = (name: string, ...kinds: string[]): Dimension => ({
  name,
  kind: 'values',
  values: kinds.map((value) => ({ value, weight: 1 })),
});

const SPEC: PopulationSpec = {
  simulation: 'sim',
  context: 'A new rota.',
  populationSize: 10,
  agentParticularities: null,
  names: { locale: null, policy: 'reserved' },
  seed: '7',
  model: null,
  temperature: null,
  attempts: 5,
  onMismatch: 'repair',
  dimensions: [values('Years', 'few', 'many'), values('age', 'young', 'old')],
  joints: [],
  demography: null,
  samplingSpaceDescription: null,
  factories: null,
  budget: null,
};

/** A session that answers from a table, and takes down what it was asked. */
function sessionWith(answers: Record<string, unknown>) {
  const asked: [string, object][] = [];
  const session = {
    transaction: async (operation: string, args: object) => {
      asked.push([operation, args]);
      const answer = answers[operation];
      if (answer === undefined) throw new Error(`${operation} was not to be asked`);
      return answer;
    },
  } as unknown as Pick<ProducerSession, 'transaction'>;
  return { session, asked };
}

const options = { model: 'm', signal: new AbortController().signal };

test('a spec that leaves nothing open is itself, without asking anybody', async () => {
  const { session, asked } = sessionWith({});
  assert.equal(needsPlanning(SPEC), false);
  const planned = await planSpec(session, SPEC, options);
  assert.equal(asked.length, 0);
  assert.equal(planned.length, 1);
  const [only] = planned;
  assert.ok(only);
  const state = new TinyPersonFactory(only.options).encodeCompleteState();
  assert.deepEqual(
    [state.context, state.model, state.seed, state.dimensions],
    ['A new rota.', 'm', '7', SPEC.dimensions],
  );
});

test('free text becomes dimensions after those that are stated, which win by name in any case', async () => {
  const { session, asked } = sessionWith({
    computeSamplingDimensions: { dimensions: [values('AGE', 'x'), values('gender', 'f', 'm')] },
  });
  const spec = { ...SPEC, samplingSpaceDescription: 'Nurses.' };
  assert.equal(needsPlanning(spec), true);
  const [planned] = await planSpec(session, spec, options);
  assert.deepEqual(
    planned?.options.dimensions?.map(({ name }) => name),
    ['Years', 'age', 'gender'],
  );
  assert.deepEqual(asked, [
    [
      'computeSamplingDimensions',
      { samplingSpaceDescription: 'Nurses.', context: 'A new rota.', settled: ['Years', 'age'], model: 'm' },
    ],
  ]);
});

test('factories are one population each, with all else as the spec says', async () => {
  const { session, asked } = sessionWith({
    generatePersonFactories: {
      factories: [
        { title: 'Nurses', context: 'They nurse.' },
        { title: 'Porters', context: 'They carry.' },
      ],
    },
  });
  const factories = { count: 2, context: 'A hospital.', populationSize: 4 };
  const planned = await planSpec(session, { ...SPEC, factories }, options);
  assert.deepEqual(
    planned.map(({ title }) => title),
    ['Nurses', 'Porters'],
  );
  const states = planned.map((each) => new TinyPersonFactory(each.options).encodeCompleteState());
  assert.deepEqual(
    states.map(({ context, populationSize, seed, dimensions }) => [
      context,
      populationSize,
      seed,
      dimensions.length,
    ]),
    [
      ['A new rota.\n\nThey nurse.', 4, '7', 2],
      ['A new rota.\n\nThey carry.', 4, '7', 2],
    ],
  );
  assert.deepEqual(asked, [
    ['generatePersonFactories', { count: 2, genericContext: 'A hospital.', model: 'm' }],
  ]);
  const [alone] = await planSpec(session, { ...SPEC, context: '', factories }, options);
  assert.equal(alone?.options.context, 'They nurse.');
});

test('both together: every factory varies as the free text says', async () => {
  const { session } = sessionWith({
    computeSamplingDimensions: { dimensions: [values('gender', 'f')] },
    generatePersonFactories: { factories: [{ title: 'Nurses', context: 'They nurse.' }] },
  });
  const [planned] = await planSpec(
    session,
    {
      ...SPEC,
      samplingSpaceDescription: 'Nurses.',
      factories: { count: 1, context: 'A hospital.', populationSize: 4 },
    },
    options,
  );
  assert.deepEqual(
    planned?.options.dimensions?.map(({ name }) => name),
    ['Years', 'age', 'gender'],
  );
});
