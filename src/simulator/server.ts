import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { explain, UserError } from '../shared/errors.ts';
import { delay, type Stoppable, stoppable } from '../shared/lifecycle.ts';
import { createChatHandler, type Timekeeper } from './chat-completions.ts';
import { sendError } from './http-exchange.ts';
import { serverError } from './openai-errors.ts';
import type { SimulatorOptions } from './options.ts';
import { createRoutes } from './routes.ts';
import { createSettings, type OptionChanges } from './settings.ts';
import { createStats, type SimulatorStats } from './stats.ts';

/** Longer than any client keeps an idle connection: a server that closes first makes callers see resets nobody asked for. */
const KEEP_ALIVE_MS = 600_000;

export type Simulator = {
  /** The base URL for an OpenAI client, `/v1` included. */
  readonly url: string;
  readonly port: number;
  stats(): SimulatorStats;
  /** Sets options from now on, as `POST /control` does. Throws a UserError for what is not usable. */
  control(changes: OptionChanges): void;
} & Stoppable;

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
  const settings = createSettings(given);
  const options = settings.current;
  const stats = createStats(options.windowMs);
  const stopping = new AbortController();
  const chat = createChatHandler(
    settings,
    stats,
    { monotonicMs: () => performance.now(), wait: delay, ...time },
    stopping.signal,
  );
  const answer = createRoutes(settings, stats, chat);
  const started = Math.floor(Date.now() / 1000).toString(36);
  let requests = 0;

  const server = createServer((request, response) => {
    requests++;
    response.setHeader('x-request-id', `req_simulated_${started}_${requests}`);
    response.setHeader('x-persona-fleet-simulated', '1');
    response.setHeader('openai-version', '2020-10-01');
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else sendError(response, serverError());
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.host, options.port);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  const simulator = {
    url: `http://${host}:${port}/v1`,
    port,
    stats: stats.snapshot,
    control: (changes: OptionChanges) => settings.change(changes),
  };
  return stoppable(simulator, async () => {
    stopping.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
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
