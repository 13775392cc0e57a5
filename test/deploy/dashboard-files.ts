import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the tests ask of a dashboard; the whole of it is held against Grafana's types. */
const gridPos = z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() });
const row = z.object({ type: z.literal('row'), id: z.int(), title: z.string().min(1), gridPos });
const panel = z.object({
  type: z.enum(['timeseries', 'stat', 'bargauge', 'state-timeline']),
  id: z.int(),
  title: z.string().min(1),
  description: z.string(),
  gridPos,
  datasource: z.object({ type: z.string(), uid: z.string() }),
  fieldConfig: z.object({
    defaults: z.object({
      unit: z.string(),
      thresholds: z.object({
        steps: z.array(z.object({ color: z.string(), value: z.number().nullable() })),
      }),
    }),
    overrides: z.array(z.object({ matcher: z.object({ id: z.string(), options: z.string() }) })),
  }),
  targets: z.array(
    z.object({
      refId: z.string(),
      expr: z.string(),
      legendFormat: z.string().min(1),
      datasource: z.object({ type: z.string(), uid: z.string() }),
    }),
  ),
});
const variable = z.object({
  name: z.string(),
  label: z.string().min(1),
  type: z.enum(['datasource', 'query']),
  query: z.union([z.string(), z.object({ query: z.string() }).transform(({ query }) => query)]),
  regex: z.string(),
});
const dashboard = z.object({
  uid: z.string(),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()),
  schemaVersion: z.int(),
  editable: z.boolean(),
  links: z.array(z.object({ type: z.string(), tags: z.array(z.string()) })),
  templating: z.object({ list: z.array(variable) }),
  panels: z.array(z.union([row, panel])),
});

export type Panel = z.infer<typeof panel>;
export type Dashboard = z.infer<typeof dashboard>;

const folder = new URL('../../deploy/grafana/dashboards/', import.meta.url);

export const dashboardTexts: ReadonlyMap<string, string> = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
);

export const dashboards: ReadonlyMap<string, Dashboard> = new Map(
  [...dashboardTexts].map(([name, text]) => [name, dashboard.parse(JSON.parse(text))]),
);

/** Without the rows, which only divide them. */
export function panelsOf({ panels }: Dashboard): Panel[] {
  return panels.filter((one) => one.type !== 'row');
}

/** The query as Grafana sends it when all of every variable is chosen. */
export function filled(promql: string, rateInterval: string): string {
  return promql.replaceAll('$__rate_interval', rateInterval).replaceAll(/"\$\w+"/g, '".*"');
}

/** The series that a variable lists the values of, as a query, and the labels it takes from them. */
export function variableQuery(query: string): {
  readonly promql: string;
  readonly labels: readonly string[];
} {
  const [, values, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  if (values !== undefined && label !== undefined) {
    return { promql: `count by (${label}) (${values})`, labels: [label] };
  }
  const [, result] = /^query_result\((.+)\)$/.exec(query) ?? [];
  if (result === undefined)
    throw new Error(`expected label_values(…, label) or query_result(…), got ${query}`);
  return { promql: result, labels: [] };
}
