import { Agent, type Dispatcher, request } from 'undici';
import type { Stoppable } from '../../shared/lifecycle.ts';
import { stoppable } from '../../shared/lifecycle.ts';

/**
 * A `fetch` for the OpenAI client that resolves when the whole body has been read.
 *
 * Two reasons. The client's `timeout` then bounds the whole call, a body that never ends included, with no second
 * timer. And it costs a third less CPU a call than the global fetch, which builds web streams around a JSON document of
 * a few kilobytes (`npm run bench overhead`). Rejects as fetch does: with the signal's reason when aborted, else with the
 * connection's error. `stop()` closes the connections.
 */
export function createWholeBodyFetch(): { fetch: typeof fetch } & Stoppable {
  // The client's own timeout decides; undici's defaults would end a slow model's call after five minutes.
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const wholeBodyFetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const { statusCode, headers, body } = await request(String(url), {
      dispatcher: agent,
      method: (init.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: Object.fromEntries(new Headers(init.headers)),
      body: init.body as string | null,
      signal: init.signal ?? null,
    });
    return new WholeResponse(
      String(url),
      statusCode,
      headersOf(headers),
      await body.text(),
    ) as unknown as Response;
  };
  return stoppable({ fetch: wholeBodyFetch as typeof fetch }, () => agent.destroy());
}

/** As much of a Response as the client uses for a call without streaming; its tests run every kind of answer through it. */
class WholeResponse {
  readonly ok: boolean;
  readonly body = null;
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly #text: string;

  constructor(url: string, status: number, headers: Headers, text: string) {
    this.url = url;
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = headers;
    this.#text = text;
  }

  async text(): Promise<string> {
    return this.#text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(this.#text);
  }
}

function headersOf(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
