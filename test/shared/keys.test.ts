import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { UserError } from '../../src/shared/errors.ts';
import { assertSimulationId, createKeys, RESULT_BUCKET_BITS } from '../../src/shared/keys.ts';

// What ioredis itself picks cluster nodes with.
const slotOf: (key: string) => number = createRequire(import.meta.resolve('ioredis'))('cluster-key-slot');

function keysOf(prefix: string, simulation: string, population: string): string[] {
  const ofSimulation = createKeys(prefix).simulation(simulation);
  const { population: ofPopulation, ...simulationKeys } = ofSimulation;
  const { results, ...populationKeys } = ofPopulation(population);
  return [
    ...Object.values(simulationKeys),
    ...Object.values(populationKeys),
    ...[0, 1023, 1024, 99_999_999].map(results),
  ];
}

test('all keys of a simulation lie on one Redis Cluster slot, those of two on two', () => {
  const one = new Set([...keysOf('pf', 'market', 'ab12'), ...keysOf('pf', 'market', 'cd34')].map(slotOf));
  const other = new Set(keysOf('pf', 'survey', 'ab12').map(slotOf));
  assert.equal(one.size, 1);
  assert.equal(other.size, 1);
  assert.notDeepEqual(one, other);
});

test("BullMQ's prefix carries a hash tag of its own", () => {
  const { queuePrefix } = createKeys('pf');
  assert.equal(slotOf(`${queuePrefix}:persons:wait`), slotOf(`${queuePrefix}:persons:active`));
  assert.equal(slotOf(`${queuePrefix}:persons:wait`), slotOf('pf:queue'));
});

test('no two things share a key, neither within a population nor across populations and simulations', () => {
  const keys = [
    createKeys('pf').simulations,
    createKeys('pf').queuePrefix,
    ...keysOf('pf', 'a', 'ab12'),
    ...keysOf('pf', 'b', 'ab12'),
    ...keysOf('other', 'a', 'ab12'),
  ];
  const distinct = new Set(keys);
  // Slots 0 and 1023 share the first bucket, in each of the three populations.
  assert.equal(keys.length - distinct.size, 3);
});

test('results lie in hashes of 1,024 slots', () => {
  const { results } = createKeys('pf').simulation('s').population('ab12');
  assert.equal(1 << RESULT_BUCKET_BITS, 1024);
  assert.equal(results(0), results(1023));
  assert.notEqual(results(1023), results(1024));
  assert.equal(results(99_999_999), `pf:{s}:p:ab12:results:${Math.floor(99_999_999 / 1024)}`);
});

test('simulation ids that could leave their hash tag or are no plain words are refused', () => {
  for (const id of ['', 'a b', 'a:b', 'a{b', 'a}b', 'ä', 'a\n', '../x', 'x'.repeat(65)]) {
    assert.throws(() => assertSimulationId(id), UserError, id);
    assert.throws(() => createKeys('pf').simulation(id), { message: /expected 1 to 64 letters/ });
  }
  for (const id of ['a', 'A.b_c-9', 'x'.repeat(64)]) assertSimulationId(id);
});
