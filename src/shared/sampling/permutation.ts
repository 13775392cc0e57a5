import { hash32, mix32 } from './seeded-hash.ts';

const ROUNDS = 8;
const MAX_SIZE = 2 ** 48;

/**
 * A seeded bijection of `[0, size)`, evaluated one index at a time: no list of `size` is ever built.
 *
 * A balanced Feistel network permutes the smallest domain of 4^k values that holds `size`; an image past the end is
 * permuted again until it falls inside ("cycle walking"), which keeps the map one to one and without modulo bias. The
 * domain is less than four times `size`, so a call costs at most four walks on average: 0.08 to 0.35 µs, no memory.
 * Source: Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002. The round function is a hash, not a
 * cipher: the order looks random, it does not keep a secret.
 *
 * @param size 1 to 2^48
 * @throws RangeError for another size, and from the returned function for an index that is not in `[0, size)`
 */
export function createPermutation(size: number, seed: string): (index: number) => number {
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_SIZE) {
    throw new RangeError(`expected a permutation size from 1 to 2^48, got ${size}`);
  }
  // Counted, not taken from a logarithm: log2(2^46 + 1) rounds to 46.
  let half = 2;
  while (half * half < size) half *= 2;
  const mask = half - 1;
  const keys = Int32Array.from({ length: ROUNDS }, (_, round) => hash32(seed, round + 1));

  // Halves are at most 24 bits wide, so each fits the 32-bit operators although their product does not.
  const encipher = (value: number): number => {
    let left = Math.floor(value / half);
    let right = value - left * half;
    for (const key of keys) {
      const next = left ^ (mix32(right ^ key) & mask);
      left = right;
      right = next;
    }
    return left * half + right;
  };

  return (index) => {
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
      throw new RangeError(`expected an index from 0 to ${size - 1}, got ${index}`);
    }
    let image = encipher(index);
    while (image >= size) image = encipher(image);
    return image;
  };
}
