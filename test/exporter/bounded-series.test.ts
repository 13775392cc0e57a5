import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCommitHistory } from '../../src/exporter/commit-rates.ts';
import { fillMetrics } from '../../src/exporter/fill-metrics.ts';
import { readFleet } from '../../src/exporter/fleet-reading.ts';
import type { FleetSight } from '../../src/exporter/fleet-watch.ts';
import { openQueueReader } from '../../src/exporter/queue-reader.ts';
import { redisFactsOf } from '../../src/exporter/redis-facts.ts';
import { createShownPopulations } from '../../src/exporter/shown-populations.ts';
import { createKeys } from '../../src/shared/keys.ts';
import type { ScopeStatus } from '../../src/shared/limits/scopes.ts';
import { connectRedis } from '../../src/shared/redis.ts';
import { createFleetMetrics } from '../../src/shared/telemetry/metrics.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';
import { startRedis } from '../support/redis.ts';
import { readExposition, type Series, valuesOf } from './exposition.ts';
import { statusOf } from './statuses.ts';

const NOBODY_WATCHED = createCommitHistory().note(0, new Map());

function sightOf(changes: Partial<FleetSight>): FleetSight {
  return {
    nowMs: 1_700_000_000_000,
    redis: redisFactsOf(''),
    queues: [],
    populations: [],
    unreadable: 0,
    forgotten: { committed: 0, pruned: 0 },
    names: 0,
    spend: NOTHING_SPENT,
    scopes: [],
    rates: NOBODY_WATCHED,
    roundTripMs: 1,
    tookMs: 1,
    ...changes,
  };
}

async function scraped(sight: FleetSight): Promise<Series[]> {
  const metrics = createFleetMetrics();
  fillMetrics(metrics, sight, { version: '1', budget: {}, shown: createShownPopulations(50) });
  const series = readExposition(await metrics.registry.metrics());
  return series.filter(({ name }) => name.startsWith('persona_fleet_'));
}

const scopeOf = (changes: Partial<ScopeStatus>): ScopeStatus => ({
  id: '0123456789abcdef',
  model: 'm',
  endpoint: 'host',
  windowMs: 60_000,
  pausedReason: undefined,
  pausedMessage: undefined,
  waitingUntilMs: undefined,
  waitReason: undefined,
  requests: { limit: 1, from: 'configured', used: 0 },
  tokens: undefined,
  waiting: 0,
  inFlight: 0,
  ...changes,
});

test('of 1,000 populations 50 have series, all are in the totals, and reading them costs 4 commands each', async (t) => {
  const server = await startRedis();
  const redis = await connectRedis(server.url, 'patient');
  const keys = createKeys('pf');
  const queues = openQueueReader({ redisUrl: server.url, queuePrefix: keys.queuePrefix });
  t.after(async () => {
    await queues.stop();
    redis.disconnect();
    await server.stop();
  });
  const populations = createPopulations(redis, keys, 'sim');
  const ids = Array.from({ length: 1_000 }, (_, index) => index.toString(16).padStart(24, '0'));
  await Promise.all(
    ids.map(async (id, index) => {
      const encode = () => ({ state: '{}', digest: 'cd34cd34cd34cd34' });
      await populations.define({ id, size: 10, encode, labels: { model: `model-${index}` } });
      await redis.hset(keys.simulation('sim').population(id).counters, {
        committed: 2,
        failed: 1,
        [`failed:reason-${index % 100}`]: 1,
        lastCommitAt: 1_700_000_000 + index,
      });
    }),
  );
  await queues.read();
  const commands = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1] ?? Number.NaN);

  const before = await commands();
  const reading = await readFleet({ redis, keys, queues });
  const used = (await commands()) - before;
  assert.ok(used >= 4_000 && used < 4_100, `${used} commands`);

  const series = await scraped({ ...reading, rates: NOBODY_WATCHED, roundTripMs: 1, tookMs: 1 });
  assert.equal(valuesOf(series, 'exporter_populations_left_out')[''], 950);
  assert.equal(valuesOf(series, 'people_committed_total')[''], 2_000);
  assert.equal(valuesOf(series, 'people_open')[''], 7_000);
  assert.equal(valuesOf(series, 'populations').planned, 1_000);
  const failed = valuesOf(series, 'people_failed');
  assert.equal(
    Object.values(failed).reduce((a, b) => a + b, 0),
    1_000,
  );
  assert.ok(Object.keys(failed).length <= 41 && (failed.other ?? 0) > 0, 'the rest of many reasons is one');
  const sizes = Object.keys(valuesOf(series, 'population_size', 'population'));
  assert.deepEqual(sizes.sort(), ids.slice(-50), 'those that last committed somebody');
  assert.ok(series.length < 50 * 30 + 150, `${series.length} series`);
});

test('of 200 rate scopes 30 have series, first of all those that a person must look at', async () => {
  const scopes = Array.from({ length: 200 }, (_, index) =>
    scopeOf({ id: `scope-${index}`, model: `m${index}`, inFlight: index }),
  );
  const paused = scopeOf({ id: 'paused', pausedReason: 'credentials' });
  const waits = scopeOf({ id: 'waits', waitReason: 'failing', waitingUntilMs: 1_700_000_004_000 });
  const series = await scraped(sightOf({ scopes: [...scopes, waits, paused] }));
  const shown = Object.keys(valuesOf(series, 'rate_limit_calls_in_flight', 'scope'));
  assert.equal(shown.length, 30);
  assert.deepEqual(shown.slice(0, 3), ['paused', 'waits', 'scope-199']);
  assert.deepEqual(valuesOf(series, 'rate_limit_backoff_seconds', 'scope'), { waits: 4 });
});

test('whatever models, reasons and endpoints are called, Prometheus can read it and labels stay short', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '',
      '"',
      '\\',
      'a"b\\c\nd',
      '\ud800',
      'é'.repeat(200),
      '{a="b"} 1\n# TYPE x',
      '__proto__',
    ),
  );
  await fc.assert(
    fc.asyncProperty(text, text, text, async (model, reason, endpoint) => {
      const sight = sightOf({
        populations: [
          statusOf({
            labels: { model, name: endpoint },
            failedByReason: { [reason]: 2, 'a b': 1, 'a\nb': 1 },
          }),
          statusOf({ population: 'ef56', state: 'paused', reasonCode: reason }),
        ],
        scopes: [
          scopeOf({ model, endpoint, pausedReason: reason }),
          scopeOf({ model, endpoint, id: 'other' }),
        ],
      });
      const series = await scraped(sight);
      for (const { labels } of series) {
        for (const value of Object.values(labels))
          assert.ok([...value].length <= 64 && !/[\n\r"\\{}]/.test(value) && value.isWellFormed());
      }
      assert.equal(
        Object.values(valuesOf(series, 'people_failed')).reduce((a, b) => a + b, 0),
        reason === 'a b' ? 3 : 4,
      );
    }),
    { numRuns: 200 },
  );
});

test('counts of Redis that are less than nothing are no fault of a scrape', async () => {
  const odd = statusOf({ committed: -1, failed: 20, size: 3, nanoDollars: -5 });
  const series = await scraped(sightOf({ populations: [odd], spend: { ...NOTHING_SPENT, calls: -3 } }));
  assert.equal(valuesOf(series, 'people_open')[''], 0);
  assert.equal(valuesOf(series, 'calls_total').person, 0);
});
