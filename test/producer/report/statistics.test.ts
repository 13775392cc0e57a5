import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  entropyBits,
  expectedPairNoise,
  expectedRounding,
  sharesOf,
  standardisedError,
  totalVariation,
} from '../../../src/producer/report/statistics.ts';
import { createPermutation } from '../../../src/shared/sampling/permutation.ts';

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test('shares sum to 1; nobody has none', () => {
  assert.deepEqual(sharesOf([1, 3, 0]), [0.25, 0.75, 0]);
  assert.equal(sharesOf([0, 0]), undefined);
});

test('total variation is half of the absolute differences', () => {
  // |0.5 - 0.25| + |0.5 - 0.25| + |0 - 0.5| = 1
  close(totalVariation([0.5, 0.5, 0], [0.25, 0.25, 0.5]), 0.5);
  close(totalVariation([1, 0], [0, 1]), 1);
  close(totalVariation([0.2, 0.8], [0.2, 0.8]), 0);
});

test('the standardised error is the root mean squared error over the mean cell', () => {
  // Counts 30 and 70 against 50 and 50: RMSE 20, mean cell 50.
  close(standardisedError([0.3, 0.7], [0.5, 0.5]), 20 / 50);
  // 10, 20, 30, 40 against 25 each: RMSE √((225 + 25 + 25 + 225) / 4), mean 25.
  close(standardisedError([0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]), Math.sqrt(125) / 25);
});

test('entropy in bits', () => {
  close(entropyBits([5, 5, 5, 5]), 2);
  close(entropyBits([9]), 0);
  // ½·1 + ¼·2 + ¼·2
  close(entropyBits([2, 1, 1, 0]), 1.5);
  assert.equal(entropyBits([]), 0);
});

test('the expected noise of a pair, by hand: four cells of ¼ among 101 people', () => {
  // Variance of each cell: 101² · ¼ · ¼ / 100; the distance is half of four mean deviations over 101.
  const deviation = Math.sqrt((2 * (101 * 101 * 0.0625)) / 100 / Math.PI);
  close(expectedPairNoise([0.5, 0.5], [0.5, 0.5], 101), (4 * deviation) / (2 * 101));
  // A cell that one in a million fills is empty mostly: its deviation is no more than twice what is expected in it.
  close(expectedPairNoise([1e-6], [1], 10), 0, 1e-9);
  assert.equal(expectedPairNoise([0.5, 0.5], [0.5, 0.5], 1), 1);
});

test('the expected noise is what seeded permutations of exact marginals make on average', () => {
  const people = 240;
  const trials = 200;
  const [p, q] = [
    [0.5, 0.3, 0.2],
    [0.6, 0.4],
  ];
  const cellOf = (shares: readonly number[], position: number) => {
    let end = 0;
    return shares.findIndex((share) => {
      end += share;
      return position < Math.round(end * people);
    });
  };
  let sum = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    const permutation = createPermutation(people, `trial ${trial}`);
    const counts = new Array<number>(6).fill(0);
    for (let person = 0; person < people; person += 1) {
      const cell = cellOf(p ?? [], person) * 2 + cellOf(q ?? [], permutation(person));
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const target = (p ?? []).flatMap((a) => (q ?? []).map((b) => a * b));
    sum += totalVariation(sharesOf(counts) ?? [], target);
  }
  const expected = expectedPairNoise(p ?? [], q ?? [], people);
  assert.ok(Math.abs(sum / trials / expected - 1) < 0.1, `${sum / trials} against ${expected}`);
});

test('rounding is an eighth of a person a cell', () => {
  close(expectedRounding(4, 100), 4 / 800);
  assert.equal(expectedRounding(4, 0), 1);
});
