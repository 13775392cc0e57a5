import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../src/shared/telemetry/metrics.ts';

const OURS = {
  persona_fleet_slots_total: ['outcome', 'reason'],
  persona_fleet_model_requests_total: ['model', 'outcome'],
  persona_fleet_model_request_duration_seconds: ['model'],
  persona_fleet_model_requests_in_flight: [],
  persona_fleet_model_wait_seconds_total: [],
  persona_fleet_limiter_wait_seconds: ['model'],
  persona_fleet_limiter_exchanges_total: ['model', 'outcome'],
  persona_fleet_stale_permits_total: ['model'],
  persona_fleet_limit_utilisation_ratio: ['model', 'resource'],
  persona_fleet_paused: ['model'],
  persona_fleet_lost_calls_total: ['model'],
  persona_fleet_model_tokens_total: ['model', 'type'],
  persona_fleet_repair_calls_total: ['outcome'],
  persona_fleet_names_total: ['outcome'],
  persona_fleet_job_locks_lost_total: [],
  persona_fleet_jobs_total: ['outcome'],
};

/** prom-client keeps the label names of a metric, but does not declare them. */
function labelsOf(metric: object): readonly string[] {
  const labels: unknown = Reflect.get(metric, 'labelNames');
  assert.ok(Array.isArray(labels));
  return labels;
}

test('the metrics have the names that dashboards ask for, and no label that could grow without bound', () => {
  const { registry } = createMetrics();
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => name.startsWith('persona_fleet_')).sort(),
    Object.keys(OURS).sort(),
  );
  for (const [name, labels] of Object.entries(OURS)) {
    const metric = registry.getSingleMetric(name);
    assert.ok(metric !== undefined, name);
    assert.deepEqual(labelsOf(metric), labels, name);
  }
});

test('names follow the conventions: a prefix, base units, counters end in _total', async () => {
  const { registry } = createMetrics();
  for (const { name, type, help } of await registry.getMetricsAsJSON()) {
    if (!name.startsWith('persona_fleet_')) continue;
    assert.match(name, /^persona_fleet_[a-z_]+$/);
    assert.equal(String(type) === 'counter', name.endsWith('_total'), name);
    assert.ok(help.length > 20 && !/_(ms|millis|minutes)\b/.test(name), name);
  }
});

test('model calls are timed in doublings from 0.16 s to 655 s', async () => {
  const { registry, modelRequestSeconds } = createMetrics();
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
  const one = createMetrics();
  const other = createMetrics();
  one.locksLost.inc();
  assert.match(await one.registry.metrics(), /^persona_fleet_job_locks_lost_total 1$/m);
  assert.match(await other.registry.metrics(), /^persona_fleet_job_locks_lost_total 0$/m);
  assert.match(await other.registry.metrics(), /^process_resident_memory_bytes \d/m);
});
