import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readMetricsJson, uniteMetrics } from '../../src/processes/united-metrics.ts';
import { createWorkerMetrics } from '../../src/shared/telemetry/metrics.ts';
import { prometheusTools } from '../support/prometheus-tools.ts';

/** A process' metrics as they come over the wire. */
async function metricsOf(things: number, seconds: readonly number[], level: number) {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'things_total', help: 'Things "so far".', labelNames: ['kind'], registers }).inc(
    { kind: 'odd' },
    things,
  );
  const histogram = new Histogram({ name: 'seconds', help: 'Seconds.', buckets: [0.1, 1], registers });
  for (const each of seconds) histogram.observe(each);
  new Gauge({ name: 'level', help: 'Level.', registers }).set(level);
  // prom-client's own aggregation leaves metrics of this kind out.
  new Gauge({ name: 'start', help: 'Start.', registers, aggregator: 'omit' }).set(7);
  return readMetricsJson(JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())));
}

test('series of several processes stand side by side under one family, and none is summed', async () => {
  const first = await metricsOf(3, [0.05, 5], 1);
  const second = await metricsOf(4, [0.5], Number.NaN);
  const text = await uniteMetrics(
    new Map([
      [0, first],
      [2, second],
    ]),
  ).metrics();
  const lines = text.split('\n').filter((line) => line !== '');
  assert.deepEqual(lines, [
    '# HELP things_total Things "so far".',
    '# TYPE things_total counter',
    'things_total{kind="odd",process="0"} 3',
    'things_total{kind="odd",process="2"} 4',
    '# HELP seconds Seconds.',
    '# TYPE seconds histogram',
    'seconds_bucket{le="0.1",process="0"} 1',
    'seconds_bucket{le="1",process="0"} 1',
    'seconds_bucket{le="+Inf",process="0"} 2',
    'seconds_sum{process="0"} 5.05',
    'seconds_count{process="0"} 2',
    'seconds_bucket{le="0.1",process="2"} 0',
    'seconds_bucket{le="1",process="2"} 1',
    'seconds_bucket{le="+Inf",process="2"} 1',
    'seconds_sum{process="2"} 0.5',
    'seconds_count{process="2"} 1',
    '# HELP level Level.',
    '# TYPE level gauge',
    'level{process="0"} 1',
    'level{process="2"} Nan',
    '# HELP start Start.',
    '# TYPE start gauge',
    'start{process="0"} 7',
    'start{process="2"} 7',
  ]);
});

test('nobody to unite is an empty exposition, and what is no metrics is refused', async () => {
  assert.equal((await uniteMetrics(new Map()).metrics()).trim(), '');
  for (const other of [
    undefined,
    {},
    [{ name: 'x' }],
    [{ name: 'x', help: '', type: 'counter', values: [{ value: 'a' }] }],
  ]) {
    assert.throws(() => readMetricsJson(other));
  }
});

test('what a worker of several processes serves passes `promtool check metrics`', async (t) => {
  const tools = await prometheusTools(t);
  if (tools === undefined) return;
  const { registry } = createWorkerMetrics();
  const json = readMetricsJson(JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())));
  const input = await uniteMetrics(
    new Map([
      [0, json],
      [1, json],
    ]),
  ).metrics();
  const checked = spawnSync(tools.promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
});
