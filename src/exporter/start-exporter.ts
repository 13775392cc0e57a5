import { UserError } from '../shared/errors.ts';
import type { Keys } from '../shared/keys.ts';
import { type Stoppable, stoppable } from '../shared/lifecycle.ts';
import type { Budget } from '../shared/limits/ledger.ts';
import { isLoopback } from '../shared/loopback.ts';
import { connectRedis } from '../shared/redis.ts';
import { createFleetMetrics } from '../shared/telemetry/metrics.ts';
import { fillMetrics } from './fill-metrics.ts';
import { readFleet } from './fleet-reading.ts';
import { watchFleet } from './fleet-watch.ts';
import { serveHttp } from './http-server.ts';
import { openQueueReader } from './queue-reader.ts';
import { createShownPopulations } from './shown-populations.ts';

export interface ExporterOptions {
  readonly redisUrl: string;
  readonly keys: Keys;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What whoever asks must show; undefined: nothing, on the loopback. */
  readonly token: string | undefined;
  /** What all populations together may cost. */
  readonly budget: Budget;
  readonly version: string;
  /** Hears why the fleet could not be read, once for each time that it begins to fail. */
  readonly onFailure: (error: unknown) => void;
}

export type Exporter = { readonly port: number } & Stoppable;

/** Populations with series of their own; all others are in the totals. */
const SHOWN_POPULATIONS = 50;

/**
 * Tells Prometheus of the fleet, and people of its queues, until it is stopped. Once started it outlives any outage of Redis.
 *
 * Throws UserError when it may not listen there (see `assertGuarded`) or cannot, RedisUnavailableError without a Redis.
 */
export async function startExporter(options: ExporterOptions): Promise<Exporter> {
  assertGuarded(options);
  await using parts = new AsyncDisposableStack();
  const redis = parts.adopt(await connectRedis(options.redisUrl, 'patient'), async (one) => one.disconnect());
  const queues = parts.use(
    openQueueReader({ redisUrl: options.redisUrl, queuePrefix: options.keys.queuePrefix }),
  );
  const watch = parts.use(
    watchFleet({ redis, read: () => readFleet({ redis, keys: options.keys, queues }) }),
  );
  const metrics = createFleetMetrics();
  const shown = createShownPopulations(SHOWN_POPULATIONS);

  let failing = false;
  async function scrape(): Promise<string> {
    const sight = await watch.look();
    const failed = 'failure' in sight;
    if (failed && !failing) options.onFailure(sight.failure);
    failing = failed;
    fillMetrics(metrics, sight, { ...options, shown });
    return await metrics.registry.metrics();
  }

  const server = parts.use(
    await serveHttp(
      {
        metrics: shared(async () => ({ contentType: metrics.registry.contentType, text: await scrape() })),
        isReady: watch.isUp,
        queues: queues.queues,
      },
      options,
    ),
  );
  const kept = parts.move();
  return stoppable({ port: server.port }, () => kept.disposeAsync());
}

/** Whoever reaches the port reads all there is: beyond this machine only with a token. */
export function assertGuarded({ host, token }: Pick<ExporterOptions, 'host' | 'token'>): void {
  if (token !== undefined || isLoopback(host)) return;
  throw new UserError(
    `to serve on ${host}, expected a token of 16 characters or more in PERSONA_FLEET_SERVE_TOKEN, got none: set one (openssl rand -hex 16), or serve on 127.0.0.1`,
  );
}

/** Whoever asks while an answer is being made gets the same: the metrics are one set, and are filled for one at a time. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let making: Promise<T> | undefined;
  return () => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
}
