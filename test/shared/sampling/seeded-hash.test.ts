import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hash32, mix32, uniformAt } from '../../../src/shared/sampling/seeded-hash.ts';

describe('hash32', () => {
  it('never changes: populations are reproduced from it', () => {
    assert.deepEqual(
      [hash32(''), hash32('seed'), hash32('seed', 1), hash32('Zoë 名')],
      [3_426_039_175, 80_162_073, 4_279_846_063, 1_057_781_558],
    );
    assert.deepEqual([mix32(0), mix32(1), mix32(-1)], [0, 0x514e28b7, 0x81f16f39]);
  });

  it('keeps near texts and salts apart', () => {
    const hashes = new Set<number>();
    for (let text = 0; text < 5000; text++)
      for (let salt = 0; salt < 2; salt++) hashes.add(hash32(`${text}`, salt));
    // About 0.01 collisions are expected among 10,000 values of 32 bits.
    assert.ok(hashes.size >= 9998, `${hashes.size} of 10000 distinct`);
  });
});

describe('uniformAt', () => {
  it('is even over [0, 1), per seed and index, also past 32 bits', () => {
    for (const start of [0, 2 ** 32 - 5000, 2 ** 50]) {
      const tenths = new Array<number>(10).fill(0);
      for (let index = 0; index < 10_000; index++) {
        const value = uniformAt('even', start + index);
        assert.ok(value >= 0 && value < 1);
        tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
      }
      const chiSquare = tenths.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      assert.ok(chiSquare < 40, `chi square ${chiSquare} with 9 degrees of freedom`);
    }
  });

  it('depends on seed and index only', () => {
    assert.equal(uniformAt('a', 7), uniformAt('a', 7));
    assert.notEqual(uniformAt('a', 7), uniformAt('b', 7));
    assert.notEqual(uniformAt('a', 7), uniformAt('a', 7 + 2 ** 32));
  });
});
