import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/shared/errors.ts';
import { FactoryRegistry } from '../../../src/shared/factory/registry.ts';
import { TinyFactory } from '../../../src/shared/factory/tiny-factory.ts';
import { tinyPersonFactoryType } from '../../../src/shared/factory/tiny-person-factory.ts';

test('names are numbered by type, in each registry on its own', () => {
  const registry = new FactoryRegistry();
  const names = [new TinyFactory({ registry }), new TinyFactory({ registry })].map(({ name }) => name);
  assert.deepEqual(names, ['TinyFactory 1', 'TinyFactory 2']);
  assert.equal(new TinyFactory({ registry: new FactoryRegistry() }).name, 'TinyFactory 1');
});

test('a generated name steps over one that was given', () => {
  const registry = new FactoryRegistry();
  new TinyFactory({ registry, name: 'TinyFactory 1' });
  assert.equal(new TinyFactory({ registry }).name, 'TinyFactory 2');
});

test('a second factory of one name is refused and the first stays', () => {
  const registry = new FactoryRegistry();
  const first = new TinyFactory({ registry, name: 'nurses' });
  assert.throws(
    () => new TinyFactory({ registry, name: 'nurses' }),
    (error) => {
      return error instanceof UserError && /already has a "nurses"/.test(error.message);
    },
  );
  assert.equal(registry.get('nurses'), first);
  registry.addFactory(first);
  assert.deepEqual(registry.factories, [first]);
});

test('clearing forgets factories but hands out no name twice', () => {
  const registry = new FactoryRegistry();
  new TinyFactory({ registry });
  registry.clearFactories();
  assert.deepEqual(registry.factories, []);
  assert.equal(new TinyFactory({ registry }).name, 'TinyFactory 2');
});

test('a simulation captures the free factories only', () => {
  const registry = new FactoryRegistry();
  const taken = new TinyFactory({ registry, simulationId: 'first' });
  const free = new TinyFactory({ registry });
  assert.deepEqual(registry.setSimulationForFreeFactories('second'), [free]);
  assert.equal(taken.simulationId, 'first');
  assert.equal(free.simulationId, 'second');
  assert.deepEqual(registry.factoriesIn('second'), [free]);
  assert.deepEqual(registry.setSimulationForFreeFactories('third'), []);
});

test('a type is defined once', () => {
  const registry = new FactoryRegistry([tinyPersonFactoryType]);
  assert.deepEqual(registry.typeNames, ['TinyPersonFactory']);
  assert.throws(() => registry.defineType(tinyPersonFactoryType), /already defined/);
});
