import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalMass } from '../../../src/shared/sampling/normal-distribution.ts';

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-8, `${actual}, expected ${expected}`);

test('shares are those of the tables, in the far tails and on both sides too', () => {
  near(normalMass(-1, 1), 0.6826894921370859);
  near(normalMass(Number.NEGATIVE_INFINITY, 1), 0.8413447460685429);
  near(normalMass(Number.NEGATIVE_INFINITY, -5), 2.866515718791939e-7);
  near(normalMass(5, Number.POSITIVE_INFINITY), 2.866515718791939e-7);
  near(normalMass(10, Number.POSITIVE_INFINITY), 7.619853024160527e-24);
  near(normalMass(Number.NEGATIVE_INFINITY, -37), 5.725571222524577e-300);
});

test('narrow intervals keep their digits: they are their width times the density', () => {
  near(normalMass(1, 1 + 2 ** -40), (2 ** -40 * Math.exp(-0.5)) / Math.sqrt(2 * Math.PI));
  near(normalMass(0, 1e-300), 1e-300 / Math.sqrt(2 * Math.PI));
  const [wide, sum] = [normalMass(0.5, 0.502), normalMass(0.5, 0.5009) + normalMass(0.5009, 0.502)];
  near(sum, wide);
});

test('all is 1, nothing is 0, and an interval that ends before it begins is empty', () => {
  assert.equal(normalMass(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 1);
  assert.equal(normalMass(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), 0);
  assert.equal(normalMass(1, -1), 0);
  assert.equal(normalMass(40, 50), 0);
});
