import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FactoryRegistry } from '../../../src/shared/factory/registry.ts';
import { TinyFactory } from '../../../src/shared/factory/tiny-factory.ts';
import { TinyPersonFactory, tinyPersonFactoryType } from '../../../src/shared/factory/tiny-person-factory.ts';

test('without a registry names are unique too', () => {
  const names = Array.from({ length: 50 }, () => new TinyFactory().name);
  assert.equal(new Set(names).size, 50);
  assert.match(names[0] ?? '', /^TinyFactory [0-9a-f]{12}$/);
});

test('a factory survives encoding, as a value and as text', () => {
  const factory = new TinyFactory({ name: 'a', simulationId: 's' });
  const state = factory.encodeCompleteState();
  assert.deepEqual(state, { type: 'TinyFactory', version: 1, name: 'a', simulationId: 's' });
  for (const encoded of [state, JSON.stringify(state)]) {
    assert.deepEqual(TinyFactory.decodeCompleteState(encoded).encodeCompleteState(), state);
  }
});

test('a registry decodes the types it defines and keeps what it decodes', () => {
  const state = new TinyPersonFactory({ populationSize: 3, name: 'people' }).encodeCompleteState();
  const registry = new FactoryRegistry([tinyPersonFactoryType]);
  const decoded = TinyFactory.decodeCompleteState(JSON.stringify(state), registry);
  assert.ok(decoded instanceof TinyPersonFactory);
  assert.equal(registry.get('people'), decoded);
  assert.throws(() => TinyFactory.decodeCompleteState(state, registry), /already has a "people"/);
});

test('an unknown type is refused with the known ones', () => {
  const state = { type: 'TinyTroll', version: 1 };
  assert.throws(() => TinyFactory.decodeCompleteState(state), {
    path: '$.type',
    message: /"TinyTroll", expected one of "TinyFactory":/,
  });
  const registry = new FactoryRegistry([tinyPersonFactoryType]);
  assert.throws(() => TinyFactory.decodeCompleteState(state, registry), /"TinyFactory", "TinyPersonFactory"/);
  assert.throws(
    () => TinyFactory.decodeCompleteState({ ...state, type: 'constructor' }, registry),
    /unknown/,
  );
});

test('joining a simulation is for good', () => {
  const factory = new TinyFactory();
  factory.joinSimulation('one');
  factory.joinSimulation('one');
  assert.throws(() => factory.joinSimulation('two'), /belongs to simulation "one" and cannot join "two"/);
  assert.equal(factory.simulationId, 'one');
});

test('an invalid name or simulation is refused and nothing is registered', () => {
  const registry = new FactoryRegistry();
  assert.throws(() => new TinyFactory({ registry, name: ' ' }), /factory name/);
  assert.throws(() => new TinyFactory({ registry, simulationId: '' }), /simulation id/);
  assert.deepEqual(registry.factories, []);
});

test('toString tells what and whose it is', () => {
  assert.equal(`${new TinyFactory({ name: 'a' })}`, "TinyFactory(name='a', simulation=none)");
  const person = new TinyPersonFactory({ name: 'b', simulationId: 's', populationSize: 1 });
  assert.equal(String(person), "TinyPersonFactory(name='b', simulation='s')");
});
