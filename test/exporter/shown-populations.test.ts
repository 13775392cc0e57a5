import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShownPopulations } from '../../src/exporter/shown-populations.ts';
import type { PopulationState, PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { statusOf } from './statuses.ts';

const one = (population: string, state: PopulationState, lastCommitMs?: number) =>
  statusOf({ population, state, lastCommitMs });
const idsOf = (statuses: readonly PopulationStatus[]) => statuses.map(({ population }) => population);

test('those that are unfinished come first, then those that last committed somebody', () => {
  const shown = createShownPopulations(4);
  const all = [
    one('old', 'complete', 1_000),
    one('new', 'complete', 9_000),
    one('never', 'cancelled'),
    one('paused', 'paused', 2_000),
    one('running', 'running', 3_000),
    one('planned', 'planned'),
  ];
  assert.deepEqual(idsOf(shown(all)), ['running', 'paused', 'planned', 'new']);
});

test('whoever was chosen stays while it is unfinished, whoever commits meanwhile', () => {
  const shown = createShownPopulations(2);
  const at = (a: number, b: number, c: number) => [
    one('a', 'running', a),
    one('b', 'running', b),
    one('c', 'running', c),
  ];
  assert.deepEqual(idsOf(shown(at(3, 2, 1))).sort(), ['a', 'b']);
  assert.deepEqual(idsOf(shown(at(3, 4, 5))).sort(), ['a', 'b']);
  const ended = [one('a', 'complete', 9), one('b', 'running', 4), one('c', 'running', 5)];
  assert.deepEqual(idsOf(shown(ended)).sort(), ['b', 'c']);
});

test('those of other simulations are others, and where nothing else decides the names do', () => {
  const shown = createShownPopulations(3);
  const all = ['y', 'x', 'z'].map((simulation) =>
    statusOf({ population: 'p', simulation, state: 'planned' }),
  );
  assert.deepEqual(
    shown(all).map(({ simulation }) => simulation),
    ['x', 'y', 'z'],
  );
});
