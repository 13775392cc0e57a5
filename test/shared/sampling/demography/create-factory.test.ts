import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FactoryRegistry } from '../../../../src/shared/factory/registry.ts';
import { TinyPersonFactory } from '../../../../src/shared/factory/tiny-person-factory.ts';
import { describeNote, readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';
import { cellsOf, type Dimension } from '../../../../src/shared/sampling/dimensions.ts';
import { largestRemainder } from '../../../../src/shared/sampling/largest-remainder.ts';
import { exampleDemography } from './example-demography.ts';

test('a document becomes the state of a population', async () => {
  const registry = new FactoryRegistry();
  const said: string[] = [];
  const factory = await TinyPersonFactory.createFactoryFromDemography(
    exampleDemography,
    1000,
    'All of them commute.',
    'For a survey on trains.',
    {
      seed: '7',
      name: 'commuters',
      names: { policy: 'model' },
      registry,
      announce: (line) => said.push(line),
    },
  );
  const { context, dimensions, names, populationSize, seed, name } = factory.encodeCompleteState();
  const reading = readDemography(exampleDemography);
  assert.deepEqual(
    { dimensions, populationSize, seed, name },
    {
      dimensions: reading.dimensions,
      populationSize: 1000,
      seed: '7',
      name: 'commuters',
    },
  );
  assert.deepEqual(names, { locale: 'pt_PT', policy: 'model' });
  assert.equal(context, `For a survey on trains.\n\n${reading.prose}\n\nAll of them commute.`);
  assert.deepEqual(said, reading.notes.map(describeNote));
  assert.match(said.join('\n'), /taken as dimension `age`/);
  assert.deepEqual(registry.factories, [factory]);
  const decoded = TinyPersonFactory.decodeCompleteState(factory.encodeCompleteState());
  assert.equal(decoded.populationId(), factory.populationId());
});

test('dimensions and a locale of the options win', async () => {
  const age: Dimension = { name: 'age', kind: 'range', min: 30, max: 40 };
  const factory = await TinyPersonFactory.createFactoryFromDemography(
    exampleDemography,
    10,
    undefined,
    undefined,
    {
      dimensions: [age],
      names: { locale: 'ja' },
    },
  );
  const { dimensions, names } = factory.encodeCompleteState();
  assert.deepEqual(
    dimensions.filter(({ name }) => name === 'age'),
    [age],
  );
  assert.equal(names.locale, 'ja');
});

test('the shares of each dimension, dealt to 1,000 people, are within one person of the document', () => {
  for (const dimension of readDemography(exampleDemography).dimensions) {
    const weights = cellsOf(dimension).map(({ weight }) => weight);
    const sum = weights.reduce((a, b) => a + b, 0);
    for (const [index, count] of largestRemainder(weights, 1000).entries()) {
      assert.ok(Math.abs(count - ((weights[index] ?? Number.NaN) / sum) * 1000) < 1);
    }
  }
});

test('a document that cannot be read rejects, and registers nothing', async () => {
  const registry = new FactoryRegistry();
  await assert.rejects(
    TinyPersonFactory.createFactoryFromDemography('no-such-file.json', 10, undefined, undefined, {
      registry,
    }),
    { name: 'UserError', message: /no-such-file\.json: there is no such file/ },
  );
  await assert.rejects(TinyPersonFactory.createFactoryFromDemography({ Note: 'x'.repeat(2 ** 21) }, 10), {
    name: 'FactoryStateError',
    message: /\$\.context/,
  });
  assert.deepEqual(registry.factories, []);
});
