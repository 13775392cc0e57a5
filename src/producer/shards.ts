/** Population sizes from here on get shards of the largest size. */
const SHARDS_AT_LEAST = 64;
/** A larger shard would leave the last workers alone with more than a few rounds of model calls. */
const LARGEST_SHARD = 128;

export type Shard = readonly [from: number, to: number];

/**
 * Divides a population into shards: at least 64 an extent where it has people enough, so that a handful of workers
 * shares even a small population, and at most 128 slots each.
 *
 * The cuts depend on the extents alone (the sizes by which the population has grown), so that enqueuing again gives
 * the same job ids, and growth leaves the shards of the earlier extents as they are.
 */
export function* shardsOf(extents: readonly number[], shardSize = 0): Generator<Shard> {
  let start = 0;
  for (const length of extents) {
    const end = start + length;
    const size =
      shardSize > 0 ? shardSize : Math.min(LARGEST_SHARD, Math.max(1, Math.floor(length / SHARDS_AT_LEAST)));
    for (let from = start; from < end; from += size) yield [from, Math.min(from + size, end)];
    start = end;
  }
}
