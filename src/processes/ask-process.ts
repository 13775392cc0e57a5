import { z } from 'zod';
import type { Health } from '../shared/telemetry/metrics-server.ts';
import type { LocalProcess } from './local-process.ts';
import { type MetricsJson, readMetricsJson } from './united-metrics.ts';

/** Less than Prometheus' default timeout of 10 s, and than those of probes that are set with care. */
const ANSWER_WITHIN_MS = 3_000;

const healthSchema = z.object({ healthy: z.boolean(), detail: z.string() });

/** What a worker process says of itself, on its own loopback port; undefined when it does not within 3 s. Never rejects. */
export interface ProcessQuestions {
  metrics(process: LocalProcess): Promise<MetricsJson | undefined>;
  health(process: LocalProcess): Promise<Health | undefined>;
}

export function createProcessQuestions(withinMs: number = ANSWER_WITHIN_MS): ProcessQuestions {
  async function ask<T>(
    { ready }: LocalProcess,
    path: string,
    read: (json: unknown) => T,
  ): Promise<T | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${ready.metricsPort}${path}`, {
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(withinMs),
      });
      return read(await response.json());
    } catch {
      return undefined;
    }
  }
  return {
    metrics: (process) => ask(process, '/metrics', readMetricsJson),
    health: (process) => ask(process, '/healthz', (json) => healthSchema.parse(json)),
  };
}
