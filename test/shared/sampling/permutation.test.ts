import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createPermutation } from '../../../src/shared/sampling/permutation.ts';

const imageOf = (size: number, seed: string) =>
  Array.from({ length: size }, (_, i) => createPermutation(size, seed)(i));

describe('createPermutation', () => {
  it('maps [0, size) one to one onto itself, for any size and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.string(), (size, seed) => {
        const permute = createPermutation(size, seed);
        const seen = new Set<number>();
        for (let index = 0; index < size; index++) {
          const image = permute(index);
          assert.ok(Number.isInteger(image) && image >= 0 && image < size);
          seen.add(image);
        }
        assert.equal(seen.size, size);
      }),
      { numRuns: 60 },
    );
  });

  it('stays one to one around powers of two and four', () => {
    for (const size of [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 65_535, 65_536, 65_537]) {
      const permute = createPermutation(size, 'edge');
      assert.equal(new Set(Array.from({ length: size }, (_, i) => permute(i))).size, size, `size ${size}`);
    }
  });

  it('stays inside and apart for sizes past 32 bits', () => {
    for (const size of [2 ** 32 + 1, 10 ** 12, 2 ** 46 + 1, 2 ** 47 + 12_345, 2 ** 48 - 1, 2 ** 48]) {
      const permute = createPermutation(size, 'large');
      const images = new Set<number>();
      for (let step = 0; step < 2000; step++) {
        for (const index of [step, size - 1 - step, Math.floor(size / 2) + step]) {
          const image = permute(index);
          assert.ok(Number.isSafeInteger(image) && image >= 0 && image < size, `${index} of ${size}`);
          images.add(image);
        }
      }
      assert.equal(images.size, 6000);
    }
  });

  it('is the same for the same seed and different for another', () => {
    assert.deepEqual(imageOf(500, 'a'), imageOf(500, 'a'));
    const [a, b] = [imageOf(500, 'a'), imageOf(500, 'b')];
    const fixed = a.filter((image, index) => image === b[index]).length;
    // Two random permutations agree in 1 place on average; 12 would be one in 10^9.
    assert.ok(fixed < 12, `${fixed} of 500 places agree`);
  });

  it('spreads neighbours evenly: a run of indices hits every tenth of the range equally often', () => {
    const size = 1_000_000;
    for (const seed of ['x', 'y', 'z']) {
      const permute = createPermutation(size, seed);
      const tenths = new Array<number>(10).fill(0);
      let adjacent = 0;
      let previous = -2;
      for (let index = 0; index < 20_000; index++) {
        const image = permute(index);
        const tenth = Math.floor(image / (size / 10));
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
        if (Math.abs(image - previous) === 1) adjacent++;
        previous = image;
      }
      const chiSquare = tenths.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
      assert.ok(chiSquare < 40, `seed ${seed}: chi square ${chiSquare} with 9 degrees of freedom`);
      assert.ok(adjacent < 5, `seed ${seed}: ${adjacent} neighbours stayed neighbours`);
    }
  });

  it('gives every place to every index over many seeds, also where the range is tiny', () => {
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let seed = 0; seed < 5000; seed++) {
      const permute = createPermutation(5, `seed ${seed}`);
      counts.forEach((row, index) => {
        const image = permute(index);
        row[image] = (row[image] ?? 0) + 1;
      });
    }
    for (const count of counts.flat()) assert.ok(count > 850 && count < 1150, `${count} of 1000 expected`);
  });

  it('refuses sizes and indices outside its range', () => {
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 48 + 1, Number.POSITIVE_INFINITY]) {
      assert.throws(() => createPermutation(size, 's'), RangeError, `size ${size}`);
    }
    const permute = createPermutation(10, 's');
    for (const index of [-1, 10, 0.5, Number.NaN])
      assert.throws(() => permute(index), RangeError, `index ${index}`);
  });
});
