import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createKeys } from '../../src/shared/keys.ts';
import { FLEET_ACCOUNT } from '../../src/shared/limits/accounts.ts';
import { createLedger, type Spend } from '../../src/shared/limits/ledger.ts';
import { createPopulations } from '../../src/shared/transactions/populations.ts';
import { alerts } from '../deploy/alert-file.ts';
import { dashboards, filled, panelsOf, variableQuery } from '../deploy/dashboard-files.ts';
import { mentionsIn } from '../deploy/promql.ts';
import { type TestFleet, testFleet } from '../support/fleet.ts';
import type { Prometheus } from '../support/prometheus.ts';
import { prometheusTools } from '../support/prometheus-tools.ts';
import { connect, startRedis } from '../support/redis.ts';
import {
  SCRAPE_SECONDS,
  type Scraped,
  startScrapedExporter,
  startScrapedFleet,
  startScrapedWorker,
} from '../support/scraped-fleet.ts';
import { until } from '../support/until.ts';

const MODEL = 'priced';
/** US dollars per million tokens. */
const price = { input: 0.4, cachedInput: 0.1, output: 1.6 };
const SIZE = 500;
const TOKEN = 'a-token-of-the-test';

/** Some calls fail in each of the ways that a metric tells apart, and nearly all slots are committed in the end. */
const faults = { refusal: 0.03, shallow_lists: 0.1, server_error: 0.03, invalid_json: 0.03 };

/** What a healthy fleet may well not have: a budget, a known limit, a failure, a pause, several processes at one address. */
const OPTIONAL =
  /\bpersona_fleet_(budget_dollars|budget_tokens|population_budget_\w+|rate_limit\w*|limit_utilisation_ratio|people_failed|population_failed|(population_)?paused|(population_)?commit_rate|population_eta_seconds|repair_calls_total|model_retries_total|redis_memory_max_bytes|redis_memory_used_bytes|redis_aof_\w+|queue_workers|worker_process_\w+)\b|\bALERTS\b/g;

test('workers are scaled 1 → 4 → 2, one of them by SIGKILL: Prometheus adds up to what Redis and the provider count, and every panel and alert has its series', async (t) => {
  const tools = await prometheusTools(t);
  if (tools === undefined) return;
  const server = await startRedis({ args: ['--appendonly', 'yes', '--maxmemory', '512mb'] });
  t.after(() => server.stop());
  // So slow that every worker is in the middle of something whenever it is looked at.
  const slow = { latencyMedianMs: 1_500, latencySigma: 0 };
  const fleet = await testFleet(
    t,
    { ...slow, faults, rpm: 60_000 },
    {
      REDIS_URL: server.url,
      PERSONA_FLEET_CONCURRENCY: '4',
      PERSONA_FLEET_MODELS: 'models.json',
      PERSONA_FLEET_MODEL_TIMEOUT_MS: '10000',
      PERSONA_FLEET_BUDGET_USD: '1000',
      PERSONA_FLEET_BUDGET_TOKENS: '1000000000',
      PERSONA_FLEET_SERVE_TOKEN: TOKEN,
    },
  );
  await fleet.write('models.json', { [MODEL]: { price } });
  const budget = { usd: 100, tokens: 100_000_000 };
  const spec = await fleet.spec('watched', { populationSize: SIZE, model: MODEL, budget });

  // 1
  assert.equal((await fleet.run('enqueue', spec)).code, 0);
  const [exporter, first] = await Promise.all([startScrapedExporter(fleet), startScrapedWorker(fleet)]);
  const watching = { tools, folder: fleet.folder, token: TOKEN, exporter, worker: first };
  const { prometheus, scrapeWorkers } = await startScrapedFleet(watching);
  t.after(() => prometheus.stop());
  const atWork = 'rate(persona_fleet_slots_total{outcome="committed"}[15s]) > 0';
  const untilAtWork = (processes: number) =>
    until(
      `${processes} worker processes at work`,
      async () => (await prometheus.sum(`count(${atWork})`)) === processes,
    );
  await untilAtWork(1);

  // 4: of the further three, two share an address.
  const [second, pair] = await Promise.all([
    startScrapedWorker(fleet),
    startScrapedWorker(fleet, '--processes', '2'),
  ]);
  await scrapeWorkers([first, second, pair]);
  await untilAtWork(4);
  const inFullFlow = await prometheus.sum('time()');

  // 2
  first.kill('SIGKILL');
  second.kill('SIGTERM');
  await Promise.all([first.ended, second.ended]);
  const committedByThen = (await countedBy(t, fleet)).committed;
  await scrapeWorkers([pair]);

  // What ends by itself, and what a person must end.
  const fleetPaused = 'max(persona_fleet_rate_limit_paused)';
  fleet.simulator.control({ faults: { rate_limit: 1 }, retryAfter: 3 });
  await untilSeen(prometheus, 'max(persona_fleet_rate_limit_backoff_seconds) > 0');
  fleet.simulator.control({ faults: { quota: 1 } });
  await untilSeen(prometheus, `${fleetPaused} and max(persona_fleet_population_paused)`);
  fleet.simulator.control({ faults, latencyMedianMs: 0 });
  assert.equal((await fleet.run('resume')).code, 0);
  const watched = await fleet.run('watch');
  assert.ok(watched.code === 0 || watched.code === 3, watched.stderr);
  const endedAt = await prometheus.sum('time()');
  await untilSeen(
    prometheus,
    `min(timestamp(persona_fleet_worker_healthy)) > ${endedAt} and count(persona_fleet_worker_healthy) == 2`,
  );

  await t.test("Prometheus' sums are Redis' totals", async () => {
    let redis = await countedBy(t, fleet);
    let scraped = await scrapedTotals(prometheus);
    // Calls of the dead worker may be given up between the two looks.
    await until('both to be of one moment', async () => {
      redis = await countedBy(t, fleet);
      scraped = await scrapedTotals(prometheus);
      return isDeepStrictEqual(scraped, redis);
    }).catch(() => {});
    assert.deepEqual(scraped, redis);
    assert.equal(redis.committed + redis.failed, SIZE);
    assert.ok(redis.failed > 0 && redis.repairCalls > 0, 'there is something of everything to compare');
    await fleet.run('export', '--out', 'people.jsonl');
    await fleet.assertWhole(redis.committed, await fleet.lines('people.jsonl'));
  });

  await t.test("Redis' totals are the provider's, but for what died with a worker", async () => {
    const { calls, repairCalls, lostCalls, lostTokens, inFlight, ...redis } = await countedBy(t, fleet);
    const provider = fleet.simulator.stats();
    within(provider.calls, calls + repairCalls - lostCalls, calls + repairCalls + inFlight, 'calls');
    const tokens = redis.promptTokens + redis.completionTokens;
    // A call in flight takes less than 10,000 tokens.
    const unknown = lostTokens + inFlight * 10_000;
    within(provider.tokens.prompt + provider.tokens.completion, tokens, tokens + unknown, 'tokens');
    const { promptTokens, cachedTokens, completionTokens } = redis;
    const dollars =
      ((promptTokens - cachedTokens) * price.input +
        cachedTokens * price.cachedInput +
        completionTokens * price.output) /
      1e6;
    within(redis.dollars, dollars - 1e-6, dollars + (lostTokens * price.output) / 1e6 + 1e-6, 'dollars');
  });

  await t.test(
    'what workers say adds up to that, but for what two of them did after their last scrape',
    async () => {
      const redis = await countedBy(t, fleet);
      const unseen = await Promise.all(
        [first, second].map(async (gone) => committedByThen - (await committedBefore(prometheus, gone))),
      );
      const ofWorkers = (selector: string) =>
        prometheus.sum(`sum(max_over_time(persona_fleet_${selector}[1h]))`);
      const committed = await ofWorkers('slots_total{outcome="committed"}');
      within(
        committed,
        redis.committed - unseen.reduce((sum, people) => sum + people, 0),
        redis.committed,
        'committed',
      );
      assert.ok(committed > SIZE / 2, `${committed} seen of ${redis.committed}`);
      const atMost = async (selector: string, most: number) =>
        within(await ofWorkers(selector), 1, most, selector);
      await atMost('slots_total{outcome="failed"}', redis.failed);
      await atMost('model_requests_total', fleet.simulator.stats().calls);
      await atMost('model_tokens_total{type="prompt"}', redis.promptTokens);
      await atMost('model_tokens_total{type="completion"}', redis.completionTokens);
      within(await ofWorkers('model_cost_dollars_total'), 1e-6, redis.dollars + 1e-6, 'dollars');
    },
  );

  await t.test(
    'no panel is empty, be it in full flow or on a fleet without a budget, a limit or a failure',
    async () => {
      for (const [file, dashboard] of dashboards) {
        for (const { title, targets: queries } of panelsOf(dashboard)) {
          for (const { expr } of queries) {
            const promql = filled(expr, '15s');
            const answer = await prometheus.query(promql, inFullFlow);
            const where = `${file}, panel "${title}": ${promql}`;
            assert.ok(
              answer.length > 0 && answer.some(({ value }) => !Number.isNaN(value)),
              `empty: ${where}`,
            );
            const plain = await prometheus.query(promql.replaceAll(OPTIONAL, 'absent_metric'), inFullFlow);
            assert.ok(plain.length > 0, `empty on a plain fleet: ${where}`);
            await assertSeries(prometheus, promql, where);
            await assertAnswered(prometheus, promql, where);
          }
        }
        for (const { name, query } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
          const { promql, labels } = variableQuery(query);
          const found = await prometheus.query(filled(promql, '15s'), inFullFlow);
          assert.ok(found.length > 0, `${file}: nothing to choose for ${name}`);
          for (const label of labels)
            assert.ok(
              found.every((one) => one.labels[label]),
              `${file}: ${name}`,
            );
        }
      }
    },
  );

  await t.test(
    'every alert is evaluated without a fault, and every series that it asks for was there',
    async () => {
      for (const { alert, expr } of alerts) await assertSeries(prometheus, expr, alert);
      const faulty = await prometheus.faultyRules();
      assert.deepEqual(faulty, []);
    },
  );
});

/** What Redis has counted, in the words of the ledger. */
type Totals = Omit<Spend, 'nanoDollars'> & {
  readonly committed: number;
  readonly failed: number;
  readonly dollars: number;
};

/** Of the fleet; the only population's own account must say the same. */
async function countedBy(t: TestContext, fleet: TestFleet): Promise<Totals> {
  const redis = await connect(t, fleet.env.REDIS_URL);
  const keys = createKeys(fleet.env.PERSONA_FLEET_PREFIX ?? '');
  const populations = createPopulations(redis, keys, 'test');
  const [id = ''] = await populations.ids();
  const status = await populations.status(id);
  assert.ok(status !== undefined);
  const { nanoDollars, ...spend } = await createLedger(redis, keys).spendOf(FLEET_ACCOUNT);
  return {
    ...spend,
    committed: status.committed,
    failed: status.failed,
    dollars: rounded(nanoDollars / 1e9),
  };
}

/** The same out of Prometheus: totals of the fleet, and by population. */
async function scrapedTotals(prometheus: Prometheus): Promise<Totals | undefined> {
  const total = (selector: string) => prometheus.sum(`sum(persona_fleet_${selector})`);
  const read = async (prefix: string, committed: string, failed: string) => ({
    committed: await total(committed),
    failed: await total(failed),
    calls: await total(`${prefix}calls_total{kind="person"}`),
    repairCalls: await total(`${prefix}calls_total{kind="repair"}`),
    promptTokens: await total(`${prefix}tokens_total{type="prompt"}`),
    cachedTokens: await total(`${prefix}tokens_total{type="cached"}`),
    cacheWriteTokens: await total(`${prefix}tokens_total{type="cache_write"}`),
    completionTokens: await total(`${prefix}tokens_total{type="completion"}`),
    lostTokens: await total(`${prefix}tokens_total{type="lost"}`),
    dollars: rounded(await total(`${prefix}spent_dollars_total`)),
  });
  const ofFleet = await read('', 'people_committed_total', 'people_failed');
  const ofPopulations = await read('population_', 'population_committed_total', 'population_failed');
  if (!isDeepStrictEqual(ofFleet, ofPopulations)) return undefined;
  return {
    ...ofFleet,
    lostCalls: await total('calls_lost_total'),
    inFlight: await total('calls_in_flight'),
    unpricedCalls: await total('calls_unpriced_total'),
  };
}

/** How many people Redis had counted for sure when a worker that is gone was scraped for the last time. */
async function committedBefore(prometheus: Prometheus, gone: Scraped): Promise<number> {
  const series = `persona_fleet_worker_healthy{instance="${gone.address}"}`;
  const lastScrape = await prometheus.sum(`max_over_time(timestamp(${series})[1h:1s])`);
  assert.ok(lastScrape > 0, `${gone.address} was scraped`);
  // A scrape is read at any moment of the time that it may take.
  return prometheus.sum('persona_fleet_people_committed_total', lastScrape - 2 * SCRAPE_SECONDS);
}

/** That each series which a query names was there at some time of the run. */
async function assertSeries(prometheus: Prometheus, promql: string, where: string): Promise<void> {
  for (const { metric, labels, text } of mentionsIn(promql).selectors) {
    // The run was paused for one reason only.
    const selector = text.includes('reason')
      ? `${metric}{${labels.map((label) => `${label}!=""`).join(',')}}`
      : text;
    // No alert had the time to fire.
    if (metric === 'ALERTS') continue;
    const found = await prometheus.query(`last_over_time(${selector}[1h])`);
    assert.ok(found.length > 0, `no series ${selector}: ${where}`);
  }
}

/** What a query answers where its own series do not: zero, or a word. */
const FALLBACK = / or (on\(\) )?(vector\(-?\d\)|label_replace\(vector\(-?\d\), [^)]*\))$/;

/** That a query answered out of series at some time of the run: its fallback would hide a join that never matches. */
async function assertAnswered(prometheus: Prometheus, promql: string, where: string): Promise<void> {
  const stem = promql.replace(FALLBACK, '');
  if (stem.includes('ALERTS')) return;
  const answer = await prometheus.query(`last_over_time((${stem})[10m:1s])`);
  assert.ok(
    answer.some(({ value }) => !Number.isNaN(value)),
    `only the fallback answers: ${where}`,
  );
}

async function untilSeen(prometheus: Prometheus, promql: string): Promise<void> {
  await until(`Prometheus to see ${promql}`, async () => (await prometheus.query(promql)).length > 0);
}

function within(value: number, least: number, most: number, what: string): void {
  assert.ok(value >= least && value <= most, `${what}: expected ${least} to ${most}, got ${value}`);
}

/** To a billionth of a dollar: what floating point makes of sums is no difference. */
function rounded(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9;
}
