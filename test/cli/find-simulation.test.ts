import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { findSimulation } from '../../src/cli/find-simulation.ts';
import { createKeys } from '../../src/shared/keys.ts';
import { createImports } from '../../src/shared/transactions/imports.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { connect, testPrefix } from '../support/redis.ts';

async function fleet(t: TestContext) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  return {
    find: (simulation?: string) => findSimulation(redis, keys, simulation),
    imports: (simulation: string) => createImports(redis, keys, simulation),
    async define(simulation: string, id: string, createdAt: string) {
      const encode = () => ({ state: '{}', digest: 'd' });
      await createPopulations(redis, keys, simulation).define({ id, size: 1, encode, labels: {} });
      const { meta } = keys.simulation(simulation).population(id);
      await redis.hset(meta, 'label:createdAt', createdAt);
    },
  };
}

test('imports come first, then populations as they were made, then by id', async (t) => {
  const { find, imports, define } = await fleet(t);
  await define('sim', 'aa', '2030-01-02T00:00:00.000Z');
  await define('sim', 'bb', '2030-01-01T00:00:00.000Z');
  await define('sim', 'dd', '2030-01-03T00:00:00.000Z');
  await define('sim', 'cc', '2030-01-03T00:00:00.000Z');
  const people = imports('sim');
  await people.add({ name: 'Ann', payload: Buffer.from('x') });
  const { simulation, populations } = await find();
  assert.equal(simulation, 'sim');
  assert.deepEqual(
    populations.map(({ population }) => population),
    [people.population, 'bb', 'aa', 'cc', 'dd'],
  );
});

test('of several simulations one must be named, and it must hold something', async (t) => {
  const { find, imports, define } = await fleet(t);
  await assert.rejects(find(), /^UserError: there is no population yet: generate, enqueue or import one/);
  await define('one', 'aa', '2030');
  await imports('two').add({ name: 'Ann', payload: Buffer.from('x') });
  await assert.rejects(find(), {
    name: 'UserError',
    message:
      'expected one simulation, none was named: choose one with --simulation; there are:\n  one (0 people)\n  two (1 people)',
  });
  assert.equal((await find('two')).populations.length, 1);
  await assert.rejects(find('three'), /there is no population in simulation three yet/);
});
