import OpenAI from 'openai';
import { type Stoppable, stoppable } from '../../shared/lifecycle.ts';
import { createWholeBodyFetch, KeptBackError, type WireCall, type WireReply } from './whole-body-fetch.ts';

export type ChatBody = OpenAI.ChatCompletionCreateParamsNonStreaming;

export interface ChatTimeouts {
  /** To connect, TLS included. */
  readonly connectMs: number;
  /** From the request to the first byte of its answer. */
  readonly firstByteMs: number;
  /** For everything together. */
  readonly totalMs: number;
}

/** What became of a request, as far as the wire knows. */
export type Exchange =
  | { readonly kind: 'replied'; readonly reply: WireReply }
  /** The provider never heard of it, as no connection came about; `code` is the system's, like ECONNREFUSED, or ''. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** It was sent, and no whole reply came. */
  | { readonly kind: 'lost'; readonly why: Loss }
  | Unmade;
export type Loss = 'connection' | 'too-large' | 'first-byte-timeout' | 'total-timeout';

/** Its end is our own doing: `maySend` said no, or the signal aborted. */
export type Unmade =
  | { readonly kind: 'kept-back' }
  | { readonly kind: 'aborted'; readonly wasSent: boolean; readonly cause: unknown };

export interface ChatClient extends Stoppable {
  /**
   * Makes one request, to its end; rejects for nothing that can happen to one. `maySend` is asked when the request could be
   * written, which is long after the call when the connection has to be made first.
   */
  send(body: ChatBody, options: { signal: AbortSignal; maySend: () => boolean }): Promise<Exchange>;
}

export interface Endpoint {
  readonly apiKey: string;
  /** undefined: OpenAI's own. A query in it, like Azure's `?api-version=…`, goes with every request. */
  readonly baseUrl?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Compatible servers often need no key, but the client refuses to start without one. */
const NO_KEY = 'none';

export function createChatClient(endpoint: Endpoint, timeouts: ChatTimeouts): ChatClient {
  const { apiKey, baseUrl } = endpoint;
  const withoutSecrets = secretsRemover([apiKey, ...Object.values(endpoint.headers ?? {})]);
  const http = createWholeBodyFetch(timeouts);
  const client = new OpenAI({
    apiKey: apiKey || NO_KEY,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    defaultHeaders: headersFor(endpoint),
    // The default made three calls on insufficient_quota. Our own policy decides.
    maxRetries: 0,
    timeout: timeouts.totalMs,
    logLevel: 'off',
    fetch: http.fetch,
  });

  return stoppable(
    {
      async send(body: ChatBody, { signal, maySend }: { signal: AbortSignal; maySend: () => boolean }) {
        const wire: WireCall = { maySend, wasSent: false };
        const fetchOptions: object = { wire };
        try {
          await client.chat.completions.create(body, { signal, fetchOptions }).asResponse();
          return withoutSecrets(exchangeOf(wire, signal, undefined));
        } catch (cause) {
          return withoutSecrets(exchangeOf(wire, signal, cause));
        }
      },
    },
    http.stop,
  );
}

const SHORTEST_SECRET = 4;

/** Providers repeat what they were sent, as a code or a field too: what is secret must not come back as a reason or into a log. */
function secretsRemover(values: readonly string[]): (exchange: Exchange) => Exchange {
  const secrets = values.filter((value) => value.length >= SHORTEST_SECRET);
  return (exchange) => {
    if (exchange.kind !== 'replied' || exchange.reply.status < 400) return exchange;
    const { reply } = exchange;
    const text = secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), reply.text);
    return { ...exchange, reply: { ...reply, text } };
  };
}

function exchangeOf(wire: WireCall, signal: AbortSignal, cause: unknown): Exchange {
  const { wasSent, reply, error } = wire;
  if (reply !== undefined) return { kind: 'replied', reply };
  if (error instanceof KeptBackError) return { kind: 'kept-back' };
  if (signal.aborted) return { kind: 'aborted', wasSent, cause };
  const code = error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!wasSent) return { kind: 'unreachable', code };
  if (error === undefined || error.name === 'AbortError') return { kind: 'lost', why: 'total-timeout' };
  return { kind: 'lost', why: losses[code] ?? 'connection' };
}

/** By undici's codes. */
const losses: Readonly<Record<string, Loss>> = {
  UND_ERR_HEADERS_TIMEOUT: 'first-byte-timeout',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
};

/** What goes with every request besides the client's own headers; null is one of those that is left out. */
export function headersFor({ apiKey, baseUrl, headers }: Endpoint): Record<string, string | null> {
  const isAzure = baseUrl !== undefined && new URL(baseUrl).hostname.endsWith('.azure.com');
  // Azure takes a bearer for a token of its directory, and refuses a key that is sent as one.
  return { ...(isAzure && apiKey !== '' ? { authorization: null, 'api-key': apiKey } : {}), ...headers };
}
