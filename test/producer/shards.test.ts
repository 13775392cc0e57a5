import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shardsOf } from '../../src/producer/shards.ts';

const extents = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 6 });
const shardSize = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 }));

test('the shards tile the population exactly: in order, without gap or overlap, none empty', () => {
  fc.assert(
    fc.property(extents, shardSize, (lengths, size) => {
      let next = 0;
      for (const [from, to] of shardsOf(lengths, size)) {
        assert.equal(from, next);
        assert.ok(to > from);
        next = to;
      }
      assert.equal(
        next,
        lengths.reduce((a, b) => a + b, 0),
      );
    }),
  );
});

test('growth leaves the shards of the earlier extents as they are', () => {
  fc.assert(
    fc.property(extents, extents, shardSize, (earlier, later, size) => {
      const before = [...shardsOf(earlier, size)];
      const after = [...shardsOf([...earlier, ...later], size)];
      assert.deepEqual(after.slice(0, before.length), before);
    }),
  );
});

test('a size that is given is kept, except at the end of an extent', () => {
  assert.deepEqual(
    [...shardsOf([25, 3], 10)],
    [
      [0, 10],
      [10, 20],
      [20, 25],
      [25, 28],
    ],
  );
});

test('without a size there are at least 64 shards where there are people enough, of at most 128', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (length) => {
      let shards = 0;
      let largest = 0;
      for (const [from, to] of shardsOf([length])) {
        shards += 1;
        largest = Math.max(largest, to - from);
      }
      assert.ok(shards >= Math.min(length, 64), `${shards} shards for ${length} people`);
      assert.ok(largest <= 128, `${largest} slots in one shard`);
    }),
    { examples: [[63], [64], [65], [127], [128], [8_192], [1_000_000]], numRuns: 30 },
  );
});

test('a large population has no more shards than it needs', () => {
  assert.equal([...shardsOf([1_000_000])].length, Math.ceil(1_000_000 / 128));
});
