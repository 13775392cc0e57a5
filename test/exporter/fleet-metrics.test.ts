import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createCommitHistory } from '../../src/exporter/commit-rates.ts';
import { fillMetrics } from '../../src/exporter/fill-metrics.ts';
import { readFleet } from '../../src/exporter/fleet-reading.ts';
import type { FleetSight, Unseen } from '../../src/exporter/fleet-watch.ts';
import { createShownPopulations, populationKey } from '../../src/exporter/shown-populations.ts';
import { createFleetMetrics } from '../../src/shared/telemetry/metrics.ts';
import { readExposition, type Series, valuesOf } from './exposition.ts';
import { IDS, preparedFleet } from './prepared-fleet.ts';

const BUDGET = { nanoDollars: 40_000_000_000, tokens: 5_000_000 };
const WATCHED_S = 20;
const GAINED = 2;

/** The prepared fleet, as somebody saw it who had looked 20 s before as well, when the running population had two people fewer. */
async function sightOf(t: TestContext): Promise<FleetSight> {
  const { redis, keys, queues } = await preparedFleet(t);
  const reading = await readFleet({ redis, keys, queues });
  const history = createCommitHistory();
  const committed = new Map(reading.populations.map((one) => [populationKey(one), one.committed]));
  const before = new Map(committed);
  before.set(`sim/${IDS.running}`, (before.get(`sim/${IDS.running}`) ?? 0) - GAINED);
  history.note(reading.nowMs - WATCHED_S * 1_000, before);
  const rates = history.note(reading.nowMs, committed);
  // The tests' Redis has no limit.
  const redisFacts = { ...reading.redis, memoryMaxBytes: 1_048_576 };
  return { ...reading, redis: redisFacts, rates, roundTripMs: 2, tookMs: 30 };
}

async function scraped(sight: FleetSight | Unseen, metrics = createFleetMetrics()): Promise<Series[]> {
  fillMetrics(metrics, sight, { version: '1.2.3', budget: BUDGET, shown: createShownPopulations(50) });
  return readExposition(await metrics.registry.metrics());
}

test('every metric of the fleet is set from what stands in Redis', async (t) => {
  const sight = await sightOf(t);
  const series = await scraped(sight);
  const value = (metric: string) => valuesOf(series, metric)[''];
  const values = (metric: string, ...by: string[]) => valuesOf(series, metric, ...by);

  await t.test('none of them is dead', () => {
    const set = new Set(series.map(({ name }) => name));
    const ours = createFleetMetrics().registry.getMetricsAsArray();
    const names = ours.map(({ name }) => name).filter((name) => name.startsWith('persona_fleet_'));
    assert.ok(names.length > 40);
    assert.deepEqual(
      names.filter((name) => !set.has(name)),
      [],
    );
  });

  await t.test('queues', () => {
    assert.deepEqual(values('queue_jobs', 'queue', 'state'), {
      'persons waiting': 3,
      'persons prioritized': 1,
      'persons active': 1,
      'persons delayed': 1,
      'persons failed': 1,
      'persons-simulated waiting': 0,
      'persons-simulated prioritized': 0,
      'persons-simulated active': 1,
      'persons-simulated delayed': 0,
      'persons-simulated failed': 0,
    });
    const ages = values('queue_oldest_waiting_age_seconds');
    assert.ok(Math.abs((ages.persons ?? 0) - 7_200) < 120, JSON.stringify(ages));
    assert.equal(ages['persons-simulated'], 0);
    assert.deepEqual(values('queue_workers'), { persons: 1, 'persons-simulated': 1 });
  });

  await t.test('totals', () => {
    assert.deepEqual(values('populations'), {
      planned: 1,
      running: 0,
      paused: 1,
      complete: 2,
      partial: 0,
      cancelled: 1,
    });
    assert.equal(value('people_committed_total'), 4 + 3 + 1);
    assert.equal(value('people_open'), 10 - 4 - 3);
    assert.deepEqual(values('people_failed'), { refusal: 3, context_too_long: 1 });
    assert.equal(value('names'), 8);
    assert.equal(value('results'), 8 - 2);
    assert.equal(value('results_pruned_total'), 2);
    assert.equal(value('commit_rate'), GAINED / WATCHED_S);
    const lastCommit = value('last_commit_timestamp_seconds') ?? 0;
    assert.ok(Math.abs(lastCommit - sight.nowMs / 1_000) < 120, String(lastCommit));
  });

  await t.test('calls, tokens and dollars, of the fleet', () => {
    assert.deepEqual(values('calls_total'), { person: 3, repair: 1 });
    assert.equal(value('calls_lost_total'), 1);
    assert.equal(value('calls_in_flight'), 1);
    assert.deepEqual(values('tokens_total'), {
      prompt: 160,
      cached: 100,
      cache_write: 40,
      completion: 20,
      lost: 100,
    });
    assert.equal(value('spent_dollars_total'), 1.250_001);
    assert.equal(value('calls_unpriced_total'), 0);
    assert.equal(value('budget_dollars'), 40);
    assert.equal(value('budget_tokens'), 5_000_000);
  });

  await t.test('single populations', () => {
    const { running, paused, complete, cancelled } = IDS;
    assert.equal(value('exporter_populations_left_out'), 0);
    const info = values('population_info', 'population', 'name', 'model');
    assert.equal(info[`${running} a0a0a0a0 gpt-4.1-mini`], 1);
    assert.ok(Object.keys(info).some((labels) => labels.endsWith(' imported ')));
    const states = values('population_state', 'population', 'state');
    assert.deepEqual(
      Object.keys(states).filter((labels) => states[labels] === 1 && !labels.endsWith(' complete')),
      [`${paused} paused`, `${running} planned`, `${cancelled} cancelled`].sort(
        (a, b) => Object.keys(states).indexOf(a) - Object.keys(states).indexOf(b),
      ),
    );
    assert.equal(Object.keys(states).length, 6 * 5);
    assert.deepEqual(values('population_paused', 'population', 'reason'), { [`${paused} quota`]: 1 });
    assert.equal(values('population_size', 'population')[complete], 3);
    assert.equal(values('population_committed_total', 'population')[running], 4);
    assert.deepEqual(values('population_failed', 'population', 'reason'), {
      [`${running} refusal`]: 2,
      [`${running} context_too_long`]: 1,
      [`${paused} refusal`]: 1,
    });
    assert.equal(values('population_commit_rate', 'population')[running], GAINED / WATCHED_S);
    assert.equal(values('population_commit_rate', 'population')[paused], 0);
    assert.deepEqual(values('population_eta_seconds', 'population'), {
      [running]: (10 - 4 - 3) / (GAINED / WATCHED_S),
    });
    const lastCommits = values('population_last_commit_timestamp_seconds', 'population');
    assert.deepEqual(Object.keys(lastCommits).sort(), [running, complete]);
    const calls = values('population_calls_total', 'population', 'kind');
    assert.deepEqual([calls[`${running} person`], calls[`${running} repair`]], [2, 1]);
    const tokens = values('population_tokens_total', 'population', 'type');
    assert.deepEqual([tokens[`${running} prompt`], tokens[`${running} lost`]], [160, 100]);
    assert.equal(values('population_spent_dollars_total', 'population')[running], 1.250_001);
    assert.deepEqual(values('population_budget_dollars', 'population'), { [running]: 2.5 });
    assert.deepEqual(values('population_budget_tokens', 'population'), { [running]: 10_000 });
  });

  await t.test('rate limits', () => {
    assert.deepEqual(values('rate_limit', 'scope', 'resource'), {
      'limited requests': 4,
      'limited tokens': 9_000,
    });
    assert.equal(values('rate_limit_used', 'scope', 'resource')['limited requests'], 4);
    assert.deepEqual(values('rate_limit_waiting_calls', 'scope'), { paused: 0, waiting: 0, limited: 2 });
    assert.deepEqual(values('rate_limit_calls_in_flight', 'model', 'server', 'scope'), {
      'model-p host paused': 0,
      'model-w host waiting': 0,
      'm host limited': 1,
    });
    assert.deepEqual(values('rate_limit_paused', 'scope', 'reason'), { 'paused quota': 1 });
    const backoff = values('rate_limit_backoff_seconds', 'scope', 'reason');
    assert.deepEqual(Object.keys(backoff), ['waiting rate_limited']);
    const [seconds = 0] = Object.values(backoff);
    assert.ok(seconds > 100 && seconds < 500, String(seconds));
  });

  await t.test('Redis, and the exporter itself', () => {
    assert.equal(value('redis_up'), 1);
    assert.ok((value('redis_memory_used_bytes') ?? 0) > 100_000);
    assert.equal(value('redis_memory_max_bytes'), 1_048_576);
    assert.equal(value('redis_aof_enabled'), 0);
    assert.equal(value('redis_aof_last_write_ok'), 1);
    assert.equal(value('redis_aof_last_rewrite_ok'), 1);
    assert.equal(value('redis_evicts'), 0);
    assert.equal(value('redis_round_trip_seconds'), 0.002);
    assert.equal(value('exporter_read_ok'), 1);
    assert.equal(value('exporter_populations_unreadable'), 0);
    assert.equal(value('exporter_collect_duration_seconds'), 0.03);
    assert.deepEqual(values('exporter_build_info'), { [`1.2.3 ${process.version}`]: 1 });
  });

  await t.test('nothing of it is left when Redis is away, but that it is', async () => {
    const metrics = createFleetMetrics();
    await scraped(sight, metrics);
    const unseen = { failure: new Error('away'), roundTripMs: undefined };
    const away = (await scraped(unseen, metrics)).filter(({ name }) => name.startsWith('persona_fleet_'));
    assert.deepEqual(
      away.map(({ name, value }) => [name, value]),
      [
        ['persona_fleet_exporter_build_info', 1],
        ['persona_fleet_exporter_read_ok', 0],
        ['persona_fleet_redis_up', 0],
      ],
    );
  });
});
