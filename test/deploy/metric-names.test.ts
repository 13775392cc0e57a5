import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { alerts, alertTests } from './alert-file.ts';
import { dashboards, panelsOf, variableQuery } from './dashboard-files.ts';
import { type KnownMetrics, knownMetrics } from './known-metrics.ts';
import { mentionsIn } from './promql.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const known = await knownMetrics();

test('every metric and label that a panel asks for exists', () => {
  for (const [file, dashboard] of dashboards) {
    for (const { title, targets } of panelsOf(dashboard)) {
      for (const { expr, legendFormat } of targets) {
        assert.deepEqual(unknownIn(expr, known), [], `${file}, panel "${title}"`);
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        const { groupings } = mentionsIn(expr);
        const missing = shown.filter((label) => !groupings.includes(label));
        assert.deepEqual(missing, [], `${file}, legend of "${title}"`);
      }
    }
  }
});

test('every metric and label that a variable takes its values from exists', () => {
  for (const [file, { templating }] of dashboards) {
    for (const { name, query } of templating.list.filter(({ type }) => type === 'query')) {
      assert.deepEqual(unknownIn(variableQuery(query).promql, known), [], `${file}, variable ${name}`);
    }
  }
});

test('every metric and label of an alert exists, and of what the tests of alerts feed them with', () => {
  for (const { alert, expr } of alerts) assert.deepEqual(unknownIn(expr, known), [], alert);
  for (const { name, input_series } of alertTests) {
    for (const { series } of input_series) assert.deepEqual(unknownIn(series, known), [], name);
  }
});

test('every persona_fleet_* in what is deployed, and in the documents, exists', () => {
  const files = globSync(['deploy/**/*.{json,yml,yaml}', 'docs/*.md', 'README.md', 'docker-compose.yml'], {
    cwd: root,
  });
  assert.ok(files.length > 8, `${files.length} files`);
  for (const file of files) {
    const names = readFileSync(join(root, file), 'utf8').match(/\bpersona_fleet_[a-z0-9_]*[a-z0-9]\b/g) ?? [];
    // A document names the histogram, a query one of its series.
    const unknown = names.filter((name) => !known.has(name) && !known.has(`${name}_bucket`));
    assert.deepEqual([...new Set(unknown)], [], file);
  }
});

test('a renamed metric or label would be noticed', () => {
  const expr = 'sum by (reason) (rate(persona_fleet_slots_total{outcome="failed"}[5m])) > 0';
  assert.deepEqual(unknownIn(expr, known), []);
  assert.deepEqual(unknownIn(expr.replace('slots_total', 'slot_total'), known), [
    'persona_fleet_slot_total',
    'reason',
  ]);
  assert.deepEqual(unknownIn(expr.replace('outcome', 'result'), known), [
    'persona_fleet_slots_total{result}',
  ]);
  assert.deepEqual(unknownIn(expr.replace('by (reason)', 'by (why)'), known), ['why']);
  assert.deepEqual(
    unknownIn(
      'a / on (x) group_left (y) max by (z) (b_total{c=~"d|e", f!="(g)"}) or label_replace(vector(0), "h", "i", "", "")',
      known,
    ),
    ['a', 'b_total', 'x', 'y', 'z'],
  );
});

/** What a query names and nobody serves: metrics, labels of matchers as `metric{label}`, and labels it groups by. */
function unknownIn(promql: string, metrics: KnownMetrics): string[] {
  const { selectors, groupings } = mentionsIn(promql);
  assert.ok(selectors.length > 0, `a query without a metric: ${promql}`);
  const labels = new Set(selectors.flatMap(({ metric }) => [...(metrics.get(metric) ?? [])]));
  // What the query sets itself.
  for (const [, label = ''] of promql.matchAll(/label_replace\([^"]*"(\w+)"/g)) labels.add(label);
  return [
    ...selectors.flatMap(({ metric, labels: matched }) => {
      const own = metrics.get(metric);
      if (own === undefined) return [metric];
      return matched.filter((label) => !own.has(label)).map((label) => `${metric}{${label}}`);
    }),
    ...groupings.filter((label) => !labels.has(label)),
  ];
}
