import type { AddressInfo } from 'node:net';
import type { Queue } from 'bullmq';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { UserError } from '../shared/errors.ts';
import { type Stoppable, stoppable, withDeadline } from '../shared/lifecycle.ts';
import { createGate, type Refusal } from './access.ts';
import { indexPage } from './index-page.ts';
import { registerQueueBoard } from './queue-board.ts';

const PAGES = {
  '/metrics': 'the fleet as it stands in Redis, for Prometheus',
  '/queues': 'the queues and their jobs, to look at',
  '/healthz': 'this process answers',
  '/readyz': 'Redis answers, too',
} as const;

/** A page of the queues needs some reads of Redis; longer than this, and it is away. */
const ANSWER_WITHIN_MS = 10_000;
/** Requests are a few lines. */
const ASKED_WITHIN_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** Pages load what this server serves, and nothing else: the page of the queues would fetch fonts from elsewhere. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** What the pages are made of. */
export interface Pages {
  /** The text of `/metrics`. Never rejects for Redis' sake, and takes seconds at the most. */
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  /** Whether Redis answers. Takes seconds at the most. */
  readonly isReady: () => Promise<boolean>;
  readonly queues: readonly Queue[];
}

/**
 * Serves the pages; see `PAGES`. Who may ask is said in `access.ts`. Throws UserError when it cannot listen. `stop()` closes
 * open connections, so that neither a scraper nor a browser holds up a shutdown.
 */
export async function serveHttp(
  pages: Pages,
  options: { host: string; port: number; token: string | undefined },
): Promise<{ port: number } & Stoppable> {
  const server = fastify({
    forceCloseConnections: true,
    requestTimeout: ASKED_WITHIN_MS,
    handlerTimeout: ANSWER_WITHIN_MS,
  });
  try {
    await route(server, pages, options.token);
    await server.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await server.close();
    throw isListenError(cause) ? cannotListen(options, cause) : cause;
  }
  const { port } = server.server.address() as AddressInfo;
  return stoppable({ port }, () =>
    withDeadline(server.close(), CLOSE_TIMEOUT_MS, 'connections stay open').catch(() => {}),
  );
}

async function route(server: FastifyInstance, pages: Pages, token: string | undefined): Promise<void> {
  const gate = createGate(token);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = gate.refusal(request);
    if (refusal !== undefined) return refuse(reply, refusal);
  });
  const showToken = async (request: FastifyRequest, reply: FastifyReply) => {
    const refusal = gate.refusalOfSecrets(request);
    if (refusal !== undefined) return refuse(reply, refusal);
  };

  server.get('/', async (_, reply) => reply.type('text/html; charset=utf-8').send(indexPage(PAGES)));
  server.get('/healthz', async (_, reply) => reply.type('text/plain').send('alive\n'));
  server.get('/readyz', async (_, reply) => {
    const isReady = await pages.isReady();
    return reply
      .code(isReady ? 200 : 503)
      .type('text/plain')
      .send(isReady ? 'ready\n' : 'Redis does not answer\n');
  });
  server.get('/metrics', { onRequest: showToken }, async (_, reply) => {
    const { contentType, text } = await pages.metrics();
    return reply.type(contentType).send(text);
  });
  await server.register(async (behindToken) => {
    behindToken.addHook('onRequest', showToken);
    await registerQueueBoard(behindToken, { path: '/queues', ...pages });
  });
  server.setNotFoundHandler(async (_, reply) =>
    reply
      .code(404)
      .type('text/plain')
      .send(`not found; there is ${Object.keys(PAGES).join(', ')}\n`),
  );
}

function refuse(reply: FastifyReply, { status, why }: Refusal): FastifyReply {
  if (status === 401) {
    reply.header('www-authenticate', 'Basic realm="persona-fleet", charset="UTF-8"');
  }
  return reply.code(status).type('text/plain').send(`${why}\n`);
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    'syscall' in error &&
    ['listen', 'bind', 'getaddrinfo'].includes(String(error.syscall))
  );
}

function cannotListen(
  { host, port }: { host: string; port: number },
  cause: NodeJS.ErrnoException,
): UserError {
  const why = cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${cause.code})`;
  return new UserError(
    `port ${port} on ${host} ${why}; give another one with --port or PERSONA_FLEET_SERVE_PORT, or 0 for any`,
    { cause },
  );
}
