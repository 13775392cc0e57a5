import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { prometheusTools } from '../support/prometheus-tools.ts';
import { alerts, alertTests, pathOf } from './alert-file.ts';

const handbook = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
const names = alerts.map(({ alert }) => alert);

test('promtool takes the rules for good', async (t) => {
  await promtool(t, ['check', 'rules', pathOf('alerts.yml')]);
});

test('promtool takes the configuration for good', async (t) => {
  // Without the files that it names, which are not on this machine.
  await promtool(t, ['check', 'config', '--syntax-only', pathOf('prometheus.yml')]);
});

test('every alert fires when it should, and none does on a healthy fleet', async (t) => {
  await promtool(t, ['test', 'rules', pathOf('alerts.test.yml')]);
});

test('of every alert it is tested that it fires, and that it does not', () => {
  const cases = alertTests.flatMap(({ alert_rule_test }) => alert_rule_test);
  const tested = (fires: boolean) =>
    new Set(cases.filter((one) => one.exp_alerts.length > 0 === fires).map(({ alertname }) => alertname));
  assert.deepEqual([...tested(true)].sort(), names.toSorted());
  assert.deepEqual([...tested(false)].sort(), names.toSorted());
  const healthy = alertTests.find(({ name }) => name === 'a healthy fleet')?.alert_rule_test ?? [];
  assert.deepEqual([...new Set(healthy.map(({ alertname }) => alertname))].sort(), names.toSorted());
});

test('every alert has an entry in the runbook, and every entry an alert', () => {
  const [, section = ''] = /^## Alerts\n([\s\S]*?)(?=^## )/m.exec(handbook) ?? [];
  const entries = [...section.matchAll(/^### (\w+)\n([\s\S]*?)(?=^### |(?![\s\S]))/gm)];
  assert.deepEqual(entries.map(([, name]) => name).sort(), names.toSorted());
  for (const [, name, text = ''] of entries) {
    assert.match(text, /^\*\*Look\.\*\* /m, `${name}: how to look`);
    assert.match(text, /^\*\*Do\.\*\* /m, `${name}: what to do`);
  }
  for (const { alert, annotations } of alerts) {
    assert.equal(annotations.runbook_url, `docs/operating.md#${alert.toLowerCase()}`);
  }
});

test('an alert says how much, or of what, unless there is nothing but yes and no', () => {
  const yesOrNo = new Set([
    'PersonaFleetRedisDown',
    'PersonaFleetRedisEvicts',
    'PersonaFleetRedisAofFailing',
    'PersonaFleetRedisAofOff',
    'PersonaFleetExporterAbsent',
    'PersonaFleetExporterBlind',
  ]);
  for (const { alert, annotations } of alerts) {
    assert.equal(/\$(value|labels)/.test(annotations.description), !yesOrNo.has(alert), alert);
  }
});

async function promtool(t: TestContext, args: readonly string[]): Promise<void> {
  const tools = await prometheusTools(t);
  if (tools === undefined) return;
  const said = await new Promise<{ failed: boolean; text: string }>((resolve) => {
    execFile(tools.promtool, args, (error, stdout, stderr) => {
      resolve({ failed: error !== null, text: `${stdout}${stderr}` });
    });
  });
  assert.equal(said.failed, false, said.text);
}
