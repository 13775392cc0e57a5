import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { UserError } from '../errors.ts';
import { type Stoppable, stoppable } from '../lifecycle.ts';

/** What `/healthz` says: whether the process makes progress, and a line for whoever reads the probe. */
export interface Health {
  readonly healthy: boolean;
  readonly detail: string;
}

/**
 * Serves `/metrics` and `/healthz`. Throws UserError when the port is taken. `stop()` closes open connections, so
 * that a scraper cannot hold up a shutdown.
 */
export async function serveMetrics(options: {
  host: string;
  port: number;
  registry: Registry;
  health: () => Health;
}): Promise<{ port: number } & Stoppable> {
  const { host, port, registry, health } = options;
  const server = createServer((request, response) => {
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        registry.metrics().then(
          (text) => answer(response, 200, registry.contentType, text),
          () => answer(response, 500, 'text/plain', 'the metrics could not be collected\n'),
        );
        return;
      case '/healthz': {
        const { healthy, detail } = health();
        answer(response, healthy ? 200 : 503, 'application/json', `${JSON.stringify({ healthy, detail })}\n`);
        return;
      }
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

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(body);
}
