import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Registry } from 'prom-client';
import { FAILURE_REASONS } from '../../../src/shared/telemetry/failure-reasons.ts';
import {
  createFleetMetrics,
  createProcessesMetrics,
  createWorkerMetrics,
} from '../../../src/shared/telemetry/metrics.ts';
import { reactions } from '../../../src/worker/llm/reactions.ts';
import { prometheusTools } from '../../support/prometheus-tools.ts';

const registries = (): Registry[] =>
  [createWorkerMetrics(), createProcessesMetrics(), createFleetMetrics()].map(({ registry }) => registry);

/** The values of each come from a closed set, or there is a bound on how many pass. */
const LABELS = new Set([
  ...['command', 'kind', 'outcome', 'process', 'reason', 'resource', 'state', 'type', 'version', 'node'],
  ...['model', 'server', 'scope', 'queue'],
  ...['simulation', 'population', 'name'],
]);

/** prom-client keeps the label names of a metric, but does not declare them. */
function labelsOf(metric: object): readonly string[] {
  const labels: unknown = Reflect.get(metric, 'labelNames');
  assert.ok(Array.isArray(labels));
  return labels;
}

async function ours() {
  const listed = await Promise.all(
    registries().map(async (registry) => {
      const metrics = await registry.getMetricsAsJSON();
      return metrics.map(({ name, help, type }) => {
        const metric = registry.getSingleMetric(name);
        assert.ok(metric !== undefined, name);
        return { name, help, type: String(type), labels: labelsOf(metric) };
      });
    }),
  );
  return listed.flat().filter(({ name }) => name.startsWith('persona_fleet_'));
}

test('names follow the conventions: a prefix, base units, counters end in _total, none is there twice', async () => {
  const metrics = await ours();
  for (const { name, type, help } of metrics) {
    assert.match(name, /^persona_fleet_[a-z_]+$/);
    assert.equal(type === 'counter', name.endsWith('_total'), name);
    assert.ok(help.length > 10 && help.endsWith('.'), name);
    assert.doesNotMatch(name, /_(ms|millis|minutes)\b/);
  }
  assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
});

test('no metric has a label that could grow without bound', async () => {
  for (const { name, labels } of await ours()) {
    for (const label of labels) assert.ok(LABELS.has(label), `${name} has the label ${label}`);
  }
});

test('docs/operating.md lists every metric, with its type, its labels and what it says', async () => {
  const text = await readFile(new URL('../../../docs/operating.md', import.meta.url), 'utf8');
  const [section = ''] = /^## Metrics$.*?(?=^## )/ms.exec(text) ?? [];
  const rows = section.split('\n').filter((line) => /^\| `\w+` \| (counter|gauge|histogram) \|/.test(line));
  const expected = (await ours()).map(({ name, type, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name.replace('persona_fleet_', '')}\` | ${type} |${shown === '' ? '' : ` ${shown}`} | ${help} |`;
  });
  assert.deepEqual(rows.toSorted(), expected.toSorted());
});

test('what is served passes `promtool check metrics`', async (t) => {
  const tools = await prometheusTools(t);
  if (tools === undefined) return;
  for (const registry of registries()) {
    const input = await registry.metrics();
    const checked: SpawnSyncReturns<string> = spawnSync(tools.promtool, ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
  }
});

test('series of closed label sets are there before anything has happened', async () => {
  const { registry, modelLabel } = createWorkerMetrics();
  const start = await registry.metrics();
  for (const series of [
    'slots_total{outcome="committed",reason=""}',
    'slots_total{outcome="replayed",reason=""}',
    'slots_total{outcome="failed",reason="timeout"}',
    'slots_total{outcome="failed",reason="shallow_persona"}',
    'model_retries_total{reason="rate_limited"}',
    'transactions_total{kind="slot",outcome="hit"}',
    'transactions_total{kind="call",outcome="miss"}',
    'repair_calls_total{outcome="unmended"}',
    'names_total{outcome="taken"}',
    'jobs_total{outcome="returned"}',
    'job_locks_lost_total',
  ]) {
    assert.ok(start.includes(`\npersona_fleet_${series} 0\n`), series);
  }
  assert.ok(!start.includes('model="'));
  modelLabel('m');
  const known = await registry.metrics();
  for (const series of [
    'model_requests_total{model="m",outcome="ok"}',
    'model_requests_total{model="m",outcome="aborted"}',
    'model_requests_total{model="m",outcome="rate_limited"}',
    'model_tokens_total{model="m",type="cache_write"}',
    'model_cost_dollars_total{model="m"}',
    'lost_calls_total{model="m"}',
    'limiter_exchanges_total{model="m",outcome="failed"}',
  ]) {
    assert.ok(known.includes(`\npersona_fleet_${series} 0\n`), series);
  }
});

test('however many models specs name, there are series of 20 and of the others together', async () => {
  const { modelRequests, modelLabel } = createWorkerMetrics();
  for (let model = 0; model < 100; model += 1) {
    modelRequests.inc({ model: modelLabel(`model-${model}`), outcome: 'ok' });
  }
  const { values } = await modelRequests.get();
  const byModel = new Map(
    values.filter(({ labels }) => labels.outcome === 'ok').map(({ labels, value }) => [labels.model, value]),
  );
  assert.equal(byModel.size, 21);
  assert.equal(byModel.get('model-19'), 1);
  assert.equal(byModel.get('other'), 80);
});

test('reasons of failed calls are short codes of the table, never a text of the provider', () => {
  const reasons = new Set(reactions.map(({ reason }) => reason));
  for (const reason of reasons) assert.match(reason, /^[a-z_]{3,24}$/);
  assert.ok(reasons.size < 30);
});

test('every reason for which a call can fail has a series before it happens, and no other has one', async () => {
  const expected = new Set<string>(reactions.map(({ reason }) => reason));
  const worker = new URL('../../../src/worker/', import.meta.url);
  for await (const file of glob('**/*.ts', { cwd: worker })) {
    const text = await readFile(new URL(file, worker), 'utf8');
    for (const [, reason] of text.matchAll(
      /(?:reaction: Reaction\.\w+|kind: FaultKind\.\w+),\s*reason: '(\w+)'/g,
    )) {
      if (reason !== undefined) expected.add(reason);
    }
  }
  expected.delete('slow_redis'); // pauses the fleet: nothing is given up or tried again for it
  assert.deepEqual([...FAILURE_REASONS].sort(), [...expected].sort());
});

test('health is read anew for every scrape', async () => {
  const { registry, watchProgress } = createWorkerMetrics();
  assert.match(await registry.metrics(), /^persona_fleet_worker_healthy 1$/m);
  let progress = { healthy: true, lastProgressMs: 1_700_000_000_500 };
  watchProgress(() => progress);
  assert.match(
    await registry.metrics(),
    /^persona_fleet_worker_last_progress_timestamp_seconds 1700000000\.5$/m,
  );
  progress = { healthy: false, lastProgressMs: 1_700_000_001_000 };
  const text = await registry.metrics();
  assert.match(text, /^persona_fleet_worker_healthy 0$/m);
  assert.match(text, /^persona_fleet_worker_last_progress_timestamp_seconds 1700000001$/m);
});

test('model calls are timed in doublings from 0.16 s to 655 s', async () => {
  const { registry, modelRequestSeconds } = createWorkerMetrics();
  modelRequestSeconds.observe({ model: 'm' }, 300);
  const text = await registry.getSingleMetricAsString('persona_fleet_model_request_duration_seconds');
  const bounds = [...text.matchAll(/le="([\d.]+)"/g)].map(([, bound]) => Number(bound));
  assert.equal(bounds[0], 0.16);
  assert.equal(bounds.at(-1), 655.36);
  for (const [index, bound] of bounds.entries()) assert.equal(bound, 0.16 * 2 ** index);
  assert.match(text, /le="327\.68",model="m"\} 1/);
  assert.match(text, /le="163\.84",model="m"\} 0/);
});

test('each call makes metrics of its own, with those of the process beside them', async () => {
  const one = createWorkerMetrics();
  const other = createWorkerMetrics();
  one.locksLost.inc();
  assert.match(await one.registry.metrics(), /^persona_fleet_job_locks_lost_total 1$/m);
  const text = await other.registry.metrics();
  assert.match(text, /^persona_fleet_job_locks_lost_total 0$/m);
  assert.match(text, /^process_resident_memory_bytes \d/m);
  assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m);
});
