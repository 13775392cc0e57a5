import type { Exchange, Loss, Unmade } from './chat-client.ts';
import { type ErrorReply, field, isPage, readErrorReply } from './error-reply.ts';
import type { Usage } from './model-call.ts';
import { readUsage } from './usage.ts';

/** What became of a request, as the facts that decide what follows from it. */
export type Outcome =
  /** No connection came about; `code` is the system's, like ECONNREFUSED, or ''. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** It was sent, and no whole reply came. */
  | { readonly kind: 'lost'; readonly why: Loss }
  /** A reply of status 2xx that is no completion at all; `isPage`: but HTML, of a proxy or a website. */
  | { readonly kind: 'unreadable'; readonly isPage: boolean }
  /** `billed`: what it used, where it says that it used something. */
  | { readonly kind: 'error'; readonly error: ErrorReply; readonly billed: Usage | undefined }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly moreRoom: boolean };

export interface Answer {
  readonly hasChoice: boolean;
  readonly content: string;
  readonly finishReason: string;
  readonly isRefusal: boolean;
  /** As far as the provider says; see `usage.ts`. */
  readonly usage: Partial<Usage>;
  /** As the provider names it; '' when it does not. */
  readonly model: string;
  readonly fingerprint: string;
}

/** Reads what came back. Nothing in a reply can make it throw. `moreRoom`: of the request. */
export function readOutcome(
  exchange: Exclude<Exchange, Unmade>,
  context: { readonly moreRoom: boolean; readonly nowMs: number },
): Outcome {
  if (exchange.kind !== 'replied') return exchange;
  const { reply } = exchange;
  // Whatever type it was sent as: servers exist that send JSON as plain text, and the tokens are spent.
  const body = parseJson(reply.text);
  const choices = field(body, 'choices');
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const failed = reply.status < 200 || reply.status >= 300 ? body : errorInside(body, choice);
  if (failed !== undefined || reply.status < 200 || reply.status >= 300) {
    const billed = billedBy(readUsage(field(body, 'usage')));
    return { kind: 'error', error: readErrorReply(reply, failed, context.nowMs), billed };
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { kind: 'unreadable', isPage: isPage(reply.text) };
  }
  return { kind: 'answer', answer: readAnswer(body, choice), moreRoom: context.moreRoom };
}

function readAnswer(body: object, choice: unknown): Answer {
  const message = field(choice, 'message');
  const refusal = field(message, 'refusal');
  return {
    hasChoice: typeof message === 'object' && message !== null,
    content: text(field(message, 'content')),
    finishReason: text(field(choice, 'finish_reason')),
    isRefusal: typeof refusal === 'string' && refusal !== '',
    usage: readUsage(field(body, 'usage')),
    model: text(field(body, 'model')),
    fingerprint: text(field(body, 'system_fingerprint')),
  };
}

/** What holds an `error` although the status is 200: as OpenRouter answers when the model behind it fails. */
function errorInside(body: unknown, choice: unknown): unknown {
  const holder = choice === undefined ? body : choice;
  const error = field(holder, 'error');
  return error === undefined || error === null || error === '' ? undefined : holder;
}

function billedBy(usage: Partial<Usage>): Usage | undefined {
  const { promptTokens = 0, completionTokens = 0, cachedTokens = 0, cacheWriteTokens = 0 } = usage;
  if (promptTokens + completionTokens === 0) return undefined;
  return { promptTokens, completionTokens, cachedTokens, cacheWriteTokens };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parseJson(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
