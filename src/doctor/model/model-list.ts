import OpenAI from 'openai';
import { ExitCode } from '../../shared/errors.ts';
import { type Endpoint, headersFor } from '../../worker/llm/chat-client.ts';
import { field } from '../../worker/llm/error-reply.ts';
import { CheckStatus, type Finding, fault, ok, skipped, warning } from '../check.ts';

/** Compatible servers often need no key, but the client refuses to start without one. */
const NO_KEY = 'none';

/** What `GET /models` brought; costs nothing. */
export type ModelList =
  | { readonly kind: 'list'; readonly models: readonly string[] }
  /** Any status but 2xx. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly why: string }
  /** Whatever it was, a list of models it was not. */
  | { readonly kind: 'unreadable' };

/** Asks the endpoint for its models, with the same credentials as calls. Rejects only when the signal aborts. */
export async function listModels(
  endpoint: Endpoint,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<ModelList> {
  const { apiKey, baseUrl } = endpoint;
  const client = new OpenAI({
    apiKey: apiKey || NO_KEY,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    defaultHeaders: headersFor(endpoint),
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
  });
  try {
    // Not `models.list()`: it makes an empty list of whatever comes.
    const listed = field(await client.get('/models', { signal }), 'data');
    if (!Array.isArray(listed)) return { kind: 'unreadable' };
    const models = listed.flatMap((model) => {
      const id = field(model, 'id');
      return typeof id === 'string' ? [id] : [];
    });
    return { kind: 'list', models };
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof OpenAI.APIConnectionError) return { kind: 'unreachable', why: codeOf(error) };
    if (error instanceof OpenAI.APIError && error.status !== undefined) {
      return { kind: 'refused', status: error.status };
    }
    return { kind: 'unreadable' };
  }
}

/** What it says of address and key. */
export function checkEndpoint(list: ModelList, model: string): Finding {
  switch (list.kind) {
    case 'list':
      if (list.models.includes(model)) return ok(`it answers, and lists ${model}`);
      return warning(
        `it answers, and does not list ${model} among its ${list.models.length} models`,
        'check OPENAI_MODEL; some endpoints take names that they do not list',
      );
    case 'refused':
      return refusal(list.status);
    case 'unreachable':
      return fault(
        `it cannot be reached${list.why === '' ? '' : ` (${list.why})`}`,
        'correct OPENAI_BASE_URL, or start what should answer there',
      );
    case 'unreadable':
      return skipped('what it answers to GET /models is no list of models; the call tells more');
    default: {
      const never: never = list;
      throw new Error(`unknown list ${String(never)}`);
    }
  }
}

/** The same where a call was answered: it has the last word, because workers make calls and never ask for the list. */
export function besideAnsweredCall(endpoint: Finding): Finding {
  if (endpoint.status !== CheckStatus.fault) return endpoint;
  return warning(`GET /models: ${endpoint.found}`, 'the call below works: only the list of models does not');
}

function refusal(status: number): Finding {
  if (status === 403) {
    return fault(
      'it refuses the list of models (403)',
      'a restricted key may be good for calls all the same: leave out --no-model-call to find out; or correct OPENAI_API_KEY',
      ExitCode.paused,
    );
  }
  if (status === 401) {
    return fault(
      `it refuses the key (${status})`,
      'correct OPENAI_API_KEY (and PERSONA_FLEET_HEADERS, if the endpoint wants others)',
      ExitCode.paused,
    );
  }
  if (status === 402) {
    return fault(
      'it wants to be paid first (402)',
      "add credit, or raise the provider's spending limit",
      ExitCode.paused,
    );
  }
  if (status === 429 || status >= 500) {
    return warning(`it failed (${status})`, 'it may pass: run doctor again in a moment');
  }
  return skipped(`it lists no models (${status}); the call tells more`);
}

/** The system's own word for it, like ECONNREFUSED, wherever in the causes it is. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}
