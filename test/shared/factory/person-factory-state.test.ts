import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodePersonFactoryState,
  populationId,
  populationIdentity,
  type TinyPersonFactoryState,
} from '../../../src/shared/factory/person-factory-state.ts';

const state: TinyPersonFactoryState = {
  type: 'TinyPersonFactory',
  version: 1,
  name: 'TinyPersonFactory 1',
  simulationId: 'hospital',
  context: 'A hospital in Recife.',
  populationSize: 10,
  seed: '7',
  agentParticularities: null,
  names: { locale: 'pt_BR', policy: 'reserved' },
  model: null,
  temperature: 1,
  attempts: 5,
  onMismatch: 'repair',
  dimensions: [{ name: 'age', kind: 'range', min: 18, max: 70 }],
};

test('a state decodes to itself, from a value and from text', () => {
  assert.deepEqual(decodePersonFactoryState(state), state);
  assert.deepEqual(decodePersonFactoryState(JSON.stringify(state)), state);
  const grown = { ...state, extents: [4, 6] };
  assert.deepEqual(decodePersonFactoryState(grown), grown);
});

test('every field has bounds', () => {
  const faults: Record<string, unknown> = {
    populationSize: 0,
    seed: '',
    agentParticularities: '',
    names: { locale: 'pt_BR', policy: 'whatever' },
    model: 4,
    temperature: 2.5,
    attempts: 0,
    dimensions: [{ name: 'age', kind: 'range', min: 70, max: 18 }],
    extents: [4, 5],
    context: null,
    simulationId: 3,
    surprise: true,
  };
  for (const [field, fault] of Object.entries(faults)) {
    assert.throws(
      () => decodePersonFactoryState({ ...state, [field]: fault }),
      { name: 'FactoryStateError' },
      field,
    );
  }
});

test('two dimensions of one name are refused', () => {
  const age = { name: 'age', kind: 'range', min: 1, max: 2 };
  assert.throws(() => decodePersonFactoryState({ ...state, dimensions: [age, age] }), /a name of its own/);
});

test('the population id is 24 hex characters and outlives name, simulation, size and growth', () => {
  const id = populationId(state);
  assert.match(id, /^[0-9a-f]{24}$/);
  for (const change of [
    { name: 'TinyPersonFactory 2' },
    { simulationId: null },
    { populationSize: 1000 },
    { extents: [10] },
    { attempts: 6 },
  ]) {
    assert.equal(populationId({ ...state, ...change }), id, JSON.stringify(change));
  }
});

test('everything else makes another population', () => {
  const changes: Partial<TinyPersonFactoryState>[] = [
    { context: 'A hospital in Olinda.' },
    { seed: '8' },
    { agentParticularities: 'nurses' },
    { names: { locale: 'pt_BR', policy: 'model' } },
    { names: { locale: null, policy: 'reserved' } },
    { model: 'm' },
    { temperature: null },
    { dimensions: [] },
  ];
  const ids = [{}, ...changes].map((change) => populationId({ ...state, ...change }));
  assert.equal(new Set(ids).size, ids.length);
});

test('the identity has every field of the state but six', () => {
  const left = Object.keys({ ...state, extents: [10] }).filter((key) => !(key in populationIdentity(state)));
  assert.deepEqual(left.sort(), [
    'attempts',
    'extents',
    'name',
    'onMismatch',
    'populationSize',
    'simulationId',
  ]);
});
