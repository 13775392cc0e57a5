import {
  createFleetMetrics,
  createProcessesMetrics,
  createWorkerMetrics,
} from '../../src/shared/telemetry/metrics.ts';

/** By the name of each series: the labels that it may have. */
export type KnownMetrics = ReadonlyMap<string, ReadonlySet<string>>;

/** What Prometheus adds to each series of a target, and `worker --processes` to each of its processes. */
const TARGET_LABELS = ['job', 'instance', 'process'];

/** Series that Prometheus makes itself. */
const OWN: readonly (readonly [string, readonly string[]])[] = [
  ['up', TARGET_LABELS],
  ['ALERTS', ['alertname', 'alertstate']],
];

/** Every series that workers, the exporter and Prometheus itself can have. */
export async function knownMetrics(): Promise<KnownMetrics> {
  const known = new Map<string, Set<string>>(OWN.map(([name, labels]) => [name, new Set(labels)]));
  const add = (name: string, labels: readonly string[]) => {
    known.set(name, new Set([...(known.get(name) ?? []), ...labels, ...TARGET_LABELS]));
  };
  for (const create of [createWorkerMetrics, createProcessesMetrics, createFleetMetrics]) {
    const { registry } = create();
    for (const { name, type } of await registry.getMetricsAsJSON()) {
      const labels = labelNamesOf(registry.getSingleMetric(name));
      if (String(type) !== 'histogram') add(name, labels);
      else {
        add(`${name}_bucket`, [...labels, 'le']);
        for (const part of ['sum', 'count']) add(`${name}_${part}`, labels);
      }
    }
    registry.clear();
  }
  return known;
}

/** prom-client's metrics know their labels, and its types do not say so. */
function labelNamesOf(metric: unknown): string[] {
  if (typeof metric !== 'object' || metric === null || !('labelNames' in metric)) return [];
  return Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
}
