import type { IncomingMessage, ServerResponse } from 'node:http';
import { SIMULATED_MODEL } from '../shared/config.ts';
import { UserError } from '../shared/errors.ts';
import { bearerOf, readBody, sendError, sendJson } from './http-exchange.ts';
import { ApiError, invalidApiKey, invalidRequest, unknownUrl, wrongMethod } from './openai-errors.ts';
import type { Settings } from './settings.ts';
import type { StatsRecorder } from './stats.ts';

export type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly needsKey: boolean;
  readonly handle: Handle;
}

/** Answers any request: the chat handler's path, the list of models, and the simulator's own paths, which need no key. */
export function createRoutes(
  settings: Settings,
  stats: StatsRecorder,
  chat: Handle,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const model = {
    // The one that is listed; chat completions accept any name and repeat it.
    id: SIMULATED_MODEL,
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'persona-fleet-simulator',
  };
  const open = (method: Route['method'], handle: Handle): Route => ({ method, needsKey: false, handle });
  const routes = new Map<string, Route>([
    // The chat handler checks the key itself, because a call with a wrong key counts as a call.
    ['/v1/chat/completions', open('POST', chat)],
    [
      '/v1/models',
      {
        method: 'GET',
        needsKey: true,
        handle: (_request, response) => sendJson(response, 200, { object: 'list', data: [model] }),
      },
    ],
  ]);
  const own: [path: string, Route][] = [
    ['/stats', open('GET', (_request, response) => sendJson(response, 200, stats.snapshot()))],
    [
      '/stats/reset',
      open('POST', (_request, response) => {
        stats.reset();
        sendJson(response, 200, stats.snapshot());
      }),
    ],
    ['/control', open('POST', (request, response) => control(settings, request, response))],
  ];
  for (const [path, route] of own) routes.set(path, route).set(`/v1${path}`, route);

  return async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const path = url.split('?')[0] ?? url;
    const route = routes.get(path);
    const refuse = (error: ApiError) => {
      request.resume();
      sendError(response, error);
    };
    if (route === undefined) return refuse(unknownUrl(method, path));
    if (route.method !== method) return refuse(wrongMethod(method, path, route.method));
    const { apiKey } = settings.current;
    if (route.needsKey && apiKey !== undefined && bearerOf(request) !== apiKey)
      return refuse(invalidApiKey(bearerOf(request) !== undefined));
    await route.handle(request, response);
  };
}

/** Changes options while the server runs, and answers with those in force, but for the key. */
async function control(
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    settings.change(parse(await readBody(request)));
  } catch (error) {
    if (error instanceof ApiError) return sendError(response, error);
    if (error instanceof UserError) return sendError(response, invalidRequest(error.message));
    throw error;
  }
  const { apiKey: _secret, ...inForce } = settings.current;
  sendJson(response, 200, inForce);
}

/** Undefined for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
