import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SIMULATED_MODEL } from '../shared/config.ts';
import { explain, UserError } from '../shared/errors.ts';
import { delay, type Stoppable, stoppable } from '../shared/lifecycle.ts';
import { createChatHandler, type Timekeeper } from './chat-completions.ts';
import { bearerOf, sendError, sendJson } from './http-exchange.ts';
import { type ApiError, invalidApiKey, serverError, unknownUrl, wrongMethod } from './openai-errors.ts';
import { type SimulatorOptions, simulatorOptions } from './options.ts';
import { createStats, type SimulatorStats, type StatsRecorder } from './stats.ts';

/** Longer than any client keeps an idle connection: a server that closes first makes callers see resets nobody asked for. */
const KEEP_ALIVE_MS = 600_000;

export type Simulator = {
  /** The base URL for an OpenAI client, `/v1` included. */
  readonly url: string;
  readonly port: number;
  stats(): SimulatorStats;
} & Stoppable;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly needsKey: boolean;
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/**
 * Starts an OpenAI-compatible server whose people are made up from word lists.
 *
 * Resolves when it listens. `stop()` closes every connection at once, those of hanging calls included.
 * Throws a UserError for options that are out of range and for an address that can not be listened on.
 */
export async function startSimulator(
  given: Partial<SimulatorOptions> = {},
  time: Partial<Timekeeper> = {},
): Promise<Simulator> {
  const options = simulatorOptions(given);
  const stats = createStats(options.windowMs);
  const stopping = new AbortController();
  const chat = createChatHandler(
    options,
    stats,
    { monotonicMs: () => performance.now(), wait: delay, ...time },
    stopping.signal,
  );
  const routes = createRoutes(chat, stats);
  const started = Math.floor(Date.now() / 1000).toString(36);
  let requests = 0;

  const server = createServer((request, response) => {
    requests++;
    response.setHeader('x-request-id', `req_simulated_${started}_${requests}`);
    response.setHeader('x-persona-fleet-simulated', '1');
    response.setHeader('openai-version', '2020-10-01');
    dispatch(routes, options.apiKey, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendError(response, serverError());
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.host, options.port);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  return stoppable({ url: `http://${host}:${port}/v1`, port, stats: stats.snapshot }, async () => {
    stopping.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
}

function createRoutes(chat: Route['handle'], stats: StatsRecorder): ReadonlyMap<string, Route> {
  const model = {
    // The one that is listed; chat completions accept any name and repeat it.
    id: SIMULATED_MODEL,
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'persona-fleet-simulator',
  };
  const sendStats: Route = {
    method: 'GET',
    needsKey: false,
    handle: (_request, response) => sendJson(response, 200, stats.snapshot()),
  };
  const resetStats: Route = {
    method: 'POST',
    needsKey: false,
    handle: (_request, response) => {
      stats.reset();
      sendJson(response, 200, stats.snapshot());
    },
  };
  return new Map<string, Route>([
    // The chat handler checks the key itself, because a call with a wrong key counts as a call.
    ['/v1/chat/completions', { method: 'POST', needsKey: false, handle: chat }],
    [
      '/v1/models',
      {
        method: 'GET',
        needsKey: true,
        handle: (_request, response) => sendJson(response, 200, { object: 'list', data: [model] }),
      },
    ],
    ['/stats', sendStats],
    ['/v1/stats', sendStats],
    ['/stats/reset', resetStats],
    ['/v1/stats/reset', resetStats],
  ]);
}

async function dispatch(
  routes: ReadonlyMap<string, Route>,
  apiKey: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const path = url.split('?')[0] ?? url;
  const route = routes.get(path);
  const refuse = (error: ApiError) => {
    request.resume();
    sendError(response, error);
  };
  if (route === undefined) return refuse(unknownUrl(method, path));
  if (route.method !== method) return refuse(wrongMethod(method, path, route.method));
  if (route.needsKey && apiKey !== undefined && bearerOf(request) !== apiKey)
    return refuse(invalidApiKey(bearerOf(request) !== undefined));
  await route.handle(request, response);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const advice =
        error.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is in use. Stop the program that uses it, choose another port, or use port 0 for any free one`
          : `can not listen on ${host} port ${port} (${explain(error)}). Choose another host or port`;
      reject(new UserError(`The simulator did not start: ${advice}.`, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
