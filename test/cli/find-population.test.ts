import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPopulation } from '../../src/cli/find-population.ts';
import { planPopulation } from '../../src/producer/plan-population.ts';
import { TinyPersonFactory } from '../../src/shared/factory/tiny-person-factory.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { connect, testPrefix } from '../support/redis.ts';

test('two simulations of one spec have the same id: the message names the option that tells them apart', async (t) => {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const factory = new TinyPersonFactory({ context: 'A town.', populationSize: 3, model: 'm' });
  const ids: string[] = [];
  for (const simulation of ['alpha', 'beta']) {
    const populations = createPopulations(redis, keys, simulation);
    const planned = await planPopulation(factory.encodeCompleteState(), populations, simulation);
    ids.push(planned.population);
  }
  const [prefix] = ids;
  assert.equal(new Set(ids).size, 1);
  await assert.rejects(findPopulation(redis, keys, { prefix }), {
    exitCode: 2,
    message: /names 2: name one with --simulation alpha; there are:/,
  });
  const found = await findPopulation(redis, keys, { prefix, simulation: 'beta' });
  assert.equal(found.simulation, 'beta');
});
