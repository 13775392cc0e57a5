import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { prometheusConfig } from './alert-file.ts';
import { composeText } from './compose-file.ts';
import { dashboards, dashboardTexts, panelsOf } from './dashboard-files.ts';

const root = new URL('../../', import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, root));
const provisioned = (name: string) =>
  parse(readFileSync(new URL(`deploy/grafana/provisioning/${name}`, root), 'utf8'));

/** Ids of Grafana's units that are used here; a unit of one's own is `count:<text>`. */
const UNITS = new Set(['short', 's', 'percentunit', 'currencyUSD', 'bytes', 'ops', 'reqps']);

test('there are three dashboards, with uids that links may rely on, which lead to each other', () => {
  const uids = [...dashboards].map(([file, { uid }]) => [file, uid]);
  assert.deepEqual(Object.fromEntries(uids), {
    'fleet.json': 'persona-fleet-fleet',
    'workers.json': 'persona-fleet-workers',
    'population.json': 'persona-fleet-population',
  });
  for (const [file, { tags, links, editable, schemaVersion }] of dashboards) {
    assert.deepEqual(tags, ['persona-fleet'], file);
    assert.ok(
      links.some((link) => link.type === 'dashboards' && link.tags.includes('persona-fleet')),
      file,
    );
    assert.deepEqual({ editable, schemaVersion }, { editable: true, schemaVersion: 42 }, file);
  }
});

test("Grafana's own types know everything in the dashboards", async (t) => {
  const dir = await temporaryFolder(t);
  const types = pathOf('test/deploy/grafana-types.ts');
  const sources = await Promise.all(
    [...dashboardTexts].map(async ([name, text]) => {
      const source = join(dir, `${name}.ts`);
      // A literal, not an import: the compiler takes the texts of imported JSON for any text.
      await writeFile(
        source,
        `import type { KnownDashboard } from ${JSON.stringify(types)};\nexport const it: KnownDashboard = ${text};\n`,
      );
      return source;
    }),
  );
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
  ];
  const modules = ['--module', 'nodenext', '--moduleResolution', 'nodenext', '--target', 'es2024'];
  const compiler = pathOf('node_modules/typescript/bin/tsc');
  const compiled = promisify(execFile)(process.execPath, [compiler, ...options, ...modules, ...sources]);
  const faults = await compiled.then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
  assert.equal(faults, '');
});

test('every panel says what it shows, in which unit, and from where on it is bad', () => {
  for (const [file, dashboard] of dashboards) {
    for (const { title, description, fieldConfig, targets, datasource } of panelsOf(dashboard)) {
      const where = `${file}, panel "${title}"`;
      assert.match(description, /^[A-Z0-9`].{15,}/, where);
      const { unit, thresholds } = fieldConfig.defaults;
      assert.ok(UNITS.has(unit) || /^count:\S/.test(unit), `${where}: unit ${unit}`);
      assert.equal(thresholds.steps[0]?.value, null, `${where}: the first step has no beginning`);
      const bounds = thresholds.steps.slice(1).map(({ value }) => value ?? Number.NaN);
      assert.deepEqual(
        bounds,
        bounds.toSorted((a, b) => a - b),
        `${where}: steps in order`,
      );
      assert.ok(targets.length > 0, where);
      assert.deepEqual(new Set(targets.map(({ refId }) => refId)).size, targets.length, `${where}: refIds`);
      for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
        assert.deepEqual(source, { type: 'prometheus', uid: `\${datasource}` }, where);
      }
      const legends = targets.map(({ legendFormat }) => legendFormat);
      for (const { matcher } of fieldConfig.overrides) {
        const isShown =
          matcher.id === 'byRegexp' ||
          legends.some((legend) => legend === matcher.options || legend.includes('{{'));
        assert.ok(isShown, `${where}: an override for ${matcher.options}, which is not shown`);
      }
    }
  }
});

test('panels have ids of their own, lie within the grid and on no other', () => {
  for (const [file, { panels }] of dashboards) {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, `${file}: ids`);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      assert.ok(x >= 0 && w > 0 && x + w <= 24 && y >= 0 && h > 0, `${file}: ${title} is outside`);
      for (let cell = 0; cell < w * h; cell += 1) {
        const place = `${x + (cell % w)}/${y + Math.floor(cell / w)}`;
        assert.equal(taken.get(place), undefined, `${file}: ${title} lies on another panel`);
        taken.set(place, title);
      }
    }
  }
});

test('every variable is used, and what is used is a variable', () => {
  const builtIn = new Set(['__rate_interval']);
  for (const [file, dashboard] of dashboards) {
    const variables = dashboard.templating.list;
    const texts = [
      ...panelsOf(dashboard).flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...variables.map(({ query }) => query),
    ];
    const used = new Set(
      texts.flatMap((text) => [...text.matchAll(/\$(\w+)/g)].map(([, name = '']) => name)),
    );
    const names = variables.map(({ name }) => name);
    assert.equal(names[0], 'datasource', file);
    assert.deepEqual(
      names.slice(1).filter((name) => !used.has(name)),
      [],
      `${file}: not used`,
    );
    assert.deepEqual(
      [...used].filter((name) => !names.includes(name) && !builtIn.has(name)),
      [],
      `${file}: not there`,
    );
  }
});

test('the name and the id of a population are taken out of its series', () => {
  const variable = dashboards
    .get('population.json')
    ?.templating.list.find(({ name }) => name === 'population');
  const [, source = '', flags] = /^\/(.*)\/(\w*)$/.exec(variable?.regex ?? '') ?? [];
  // As Grafana writes what query_result finds.
  const series =
    'persona_fleet_population_info{instance="serve:9465",job="persona-fleet",model="m",name="river",population="3f2a",simulation="town"} 1 1700000000000';
  const found = [...series.matchAll(new RegExp(source, flags))].map(({ groups }) => ({ ...groups }));
  assert.deepEqual(found, [
    { text: 'river', value: undefined },
    { text: undefined, value: '3f2a' },
  ]);
});

test('what is provisioned is where compose puts it, and asks as often as Prometheus scrapes', () => {
  const { datasources } = provisioned('datasources/prometheus.yml');
  const { providers } = provisioned('dashboards/persona-fleet.yml');
  assert.equal(datasources[0].type, 'prometheus');
  assert.equal(datasources[0].isDefault, true);
  assert.match(composeText, new RegExp(`\\./deploy/grafana/dashboards:${providers[0].options.path}:ro`));
  assert.match(composeText, /\.\/deploy\/grafana\/provisioning:\/etc\/grafana\/provisioning:ro/);
  const { global } = parse(readFileSync(new URL('deploy/prometheus/prometheus.yml', root), 'utf8'));
  assert.equal(datasources[0].jsonData.timeInterval, global.scrape_interval);
  assert.deepEqual(prometheusConfig.scrape_configs.map(({ job_name }) => job_name).sort(), [
    'persona-fleet',
    'persona-fleet-worker',
  ]);
});
