import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { UserError } from '../errors.ts';
import { type Stoppable, stoppable } from '../lifecycle.ts';
import { isLoopback, namesLoopback } from '../loopback.ts';

/** What `/healthz` says: whether the process makes progress, and a line for whoever reads the probe. */
export interface Health {
  readonly healthy: boolean;
  readonly detail: string;
}

/** What of a registry is served. */
export type MetricsSource = Pick<Registry, 'contentType' | 'metrics' | 'getMetricsAsJSON'>;

/**
 * Serves `/metrics` and `/healthz`. Throws UserError when the port is taken. `stop()` closes open connections, so
 * that a scraper cannot hold up a shutdown.
 *
 * `/metrics` is in Prometheus' text format; whoever accepts JSON gets what `registry.getMetricsAsJSON()` says, and can make one
 * registry of several processes' without parsing text. On the loopback only requests that name it are answered: see `loopback.ts`.
 */
export async function serveMetrics(options: {
  host: string;
  port: number;
  registry: MetricsSource;
  health: () => Health | Promise<Health>;
}): Promise<{ port: number } & Stoppable> {
  const { host, port, registry, health } = options;
  const isForThisMachine = isLoopback(host);
  const server = createServer((request, response) => {
    if (isForThisMachine && !namesLoopback(request.headers.host)) {
      answer(response, 403, 'text/plain', 'this server answers only to localhost, 127.0.0.1 and [::1]\n');
      return;
    }
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        (wantsJson(request.headers.accept) ? asJson(registry) : asText(registry)).then(
          ({ contentType, body }) => answer(response, 200, contentType, body),
          () => answer(response, 500, 'text/plain', 'the metrics could not be collected\n'),
        );
        return;
      case '/healthz':
        Promise.resolve(health()).then(
          ({ healthy, detail }) => {
            const body = `${JSON.stringify({ healthy, detail })}\n`;
            answer(response, healthy ? 200 : 503, 'application/json', body);
          },
          () => answer(response, 500, 'text/plain', 'nobody knows\n'),
        );
        return;
      default:
        answer(response, 404, 'text/plain', 'not found; there is /metrics and /healthz\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${cause.code})`;
      reject(
        new UserError(
          `port ${port} for metrics on ${host} ${why}; set PERSONA_FLEET_METRICS_PORT to another one, or to 0 for any`,
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return stoppable({ port: (server.address() as AddressInfo).port }, stop);
}

interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** Named outright: what accepts anything, as a browser does, gets text. */
function wantsJson(accept: string | undefined): boolean {
  return accept?.includes('application/json') === true;
}

async function asJson(registry: MetricsSource): Promise<Exposition> {
  return { contentType: 'application/json', body: JSON.stringify(await registry.getMetricsAsJSON()) };
}

async function asText(registry: MetricsSource): Promise<Exposition> {
  return { contentType: registry.contentType, body: await registry.metrics() };
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
