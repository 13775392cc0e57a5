import { AggregatorRegistry, type Registry } from 'prom-client';
import { z } from 'zod';

/** What a worker's `/metrics` answers to whoever asks for JSON: the registry's metrics, as prom-client lists them. */
const metricsSchema = z.array(
  z.object({
    name: z.string(),
    help: z.string(),
    type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
    values: z.array(
      z.object({
        /** JSON has no word for what is no number. */
        value: z.number().nullable(),
        labels: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
        /** Of histograms and summaries: the series within the family. */
        metricName: z.string().optional(),
      }),
    ),
  }),
);
export type MetricsJson = z.infer<typeof metricsSchema>;

/** Throws for anything else. */
export function readMetricsJson(json: unknown): MetricsJson {
  return metricsSchema.parse(json);
}

/**
 * The metrics of several processes as one registry: each series gets the label `process`, and nothing is summed. So the counters of
 * a process that was started again begin at 0 as a whole, which Prometheus understands; a sum would fall, and it would not.
 */
export function uniteMetrics(processes: ReadonlyMap<number, MetricsJson>): Registry {
  const labelled = [...processes].map(([index, metrics]) =>
    metrics.map((metric) => ({
      ...metric,
      // No two series are the same: each is the first of its kind.
      aggregator: 'first',
      values: metric.values.map(({ labels, value, ...series }) => ({
        ...series,
        labels: { ...labels, process: String(index) },
        value: value ?? Number.NaN,
      })),
    })),
  );
  return AggregatorRegistry.aggregate(labelled);
}
