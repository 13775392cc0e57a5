import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';

type Metric = Counter | Gauge | Histogram;

/** Makes the metrics of one registry: the family's prefix is said once. A gauge with `read` asks it for its value at every scrape. */
export function metricsOf(registry: Registry) {
  const registers = [registry];
  const described = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) => ({
    name: `persona_fleet_${name}`,
    help,
    labelNames,
    registers,
  });
  return {
    registry,
    counter: <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) =>
      new Counter<Label>(described(name, help, labels)),
    gauge: <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) =>
      new Gauge<Label>(described(name, help, labels)),
    readGauge: (name: string, help: string, read: () => number) =>
      new Gauge({
        ...described(name, help, []),
        collect() {
          this.set(read());
        },
      }),
    histogram: <Label extends string>(
      name: string,
      help: string,
      labels: readonly Label[],
      buckets: readonly number[],
    ) => new Histogram<Label>({ ...described(name, help, labels), buckets: [...buckets] }),
  } satisfies Record<string, Registry | ((...args: never[]) => Metric)>;
}

/** Gauges of prom-client that are named as if they were counters, and those that it has given up. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
];

/** What prom-client knows of any process: CPU, memory, files, event-loop lag, garbage collection. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
