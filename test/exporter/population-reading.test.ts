import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPopulations } from '../../src/exporter/population-reading.ts';
import { readExposition, valuesOf } from './exposition.ts';
import { emptyFleet, IDS, SIMULATION } from './prepared-fleet.ts';
import { startedExporter } from './started-exporter.ts';

test('the totals of people do not fall when a population is forgotten; all else is of the living', async (t) => {
  const { redis, redisUrl, keys, populations, define, commit } = await emptyFleet(t);
  await define(IDS.running, 10);
  await define(IDS.complete, 3);
  await commit(IDS.running, 0, 4);
  await commit(IDS.complete, 0, 3);
  await redis.hset(keys.simulation(SIMULATION).population(IDS.complete).counters, { pruned: 2 });
  const { get } = await startedExporter(t, { redisUrl, keys });
  const scrape = async () => {
    const series = readExposition((await get('/metrics')).text);
    const of = (metric: string) => valuesOf(series, metric)[''];
    return [of('people_committed_total'), of('results_pruned_total'), of('results'), of('names')];
  };
  assert.deepEqual(await scrape(), [7, 2, 5, 7]);
  await populations.forget(IDS.complete);
  assert.deepEqual(await scrape(), [7, 2, 4, 4]);
  await populations.forget(IDS.complete);
  assert.deepEqual(await scrape(), [7, 2, 4, 4], 'forgotten twice, counted once');
  await define(IDS.complete, 3);
  await commit(IDS.complete, 0, 2);
  assert.deepEqual(await scrape(), [9, 2, 6, 6]);
});

test('a population that is forgotten while the others are read is counted once', async (t) => {
  const { redis, keys, populations, define, commit } = await emptyFleet(t);
  await define(IDS.complete, 3);
  await commit(IDS.complete, 0, 3);
  const { time } = redis;
  let readings = 0;
  redis.time = async () => {
    readings += 1;
    // The counts are read in the same round trip as the clock, or were before.
    const now = await time.call(redis);
    if (readings === 1) await populations.forget(IDS.complete);
    return now;
  };
  const { populations: living, forgotten } = await readPopulations(redis, keys);
  assert.deepEqual([living.length, forgotten.committed, readings], [0, 3, 2]);
});

test('a population that cannot be read is left out and counted, and does not blind the exporter', async (t) => {
  const { redis, redisUrl, keys, define, commit } = await emptyFleet(t);
  const keysOf = (id: string) => keys.simulation(SIMULATION).population(id);
  for (const id of Object.values(IDS)) await define(id, 3);
  await commit(IDS.running, 0, 2);
  await redis.hset(keysOf(IDS.paused).meta, { extents: '[3' });
  await redis.hset(keysOf(IDS.complete).counters, { committed: 'many' });
  await redis.set(keysOf(IDS.cancelled).counters, 'no hash');
  const { get } = await startedExporter(t, { redisUrl, keys });
  const series = readExposition((await get('/metrics')).text);
  assert.equal(valuesOf(series, 'exporter_read_ok')[''], 1);
  assert.equal(valuesOf(series, 'exporter_populations_unreadable')[''], 3);
  assert.equal(valuesOf(series, 'people_committed_total')[''], 2);
});
