import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = new URL('../../deploy/prometheus/', import.meta.url);
const read = (name: string): unknown => parse(readFileSync(new URL(name, folder), 'utf8'));

export const pathOf = (name: string) => fileURLToPath(new URL(name, folder));

const alert = z.strictObject({
  alert: z.string().regex(/^PersonaFleet[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({
    summary: z.string().min(1),
    description: z.string().min(1),
    runbook_url: z.string(),
  }),
});

export const alerts = z
  .object({ groups: z.array(z.object({ name: z.string(), rules: z.array(alert) })) })
  .parse(read('alerts.yml'))
  .groups.flatMap(({ rules }) => rules);

/** The tests that promtool runs. */
export const alertTests = z
  .object({
    tests: z.array(
      z.object({
        name: z.string(),
        input_series: z.array(z.object({ series: z.string() })),
        alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
      }),
    ),
  })
  .parse(read('alerts.test.yml')).tests;

export const prometheusConfig = z
  .object({ scrape_configs: z.array(z.looseObject({ job_name: z.string() })) })
  .parse(read('prometheus.yml'));
