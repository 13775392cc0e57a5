import { retryAfterMs } from './retry-after.ts';
import type { WireReply } from './whole-body-fetch.ts';

/** An error that the endpoint answered with, in whichever of the many forms that compatible servers have. */
export interface ErrorReply {
  /** The HTTP status; of an error inside a 200 the code that it names, or 0. */
  readonly status: number;
  /** In lower case; '' where there is none. */
  readonly code: string;
  readonly type: string;
  /** The field of the request that the error names. */
  readonly param: string;
  /** What it says, in lower case and shortened: to look for words in, never to show. It may repeat a key or a prompt. */
  readonly said: string;
  /** It came as HTML: from a proxy or a website, not from an API. */
  readonly isPage: boolean;
  readonly shouldRetry: boolean | undefined;
  readonly retryAfterMs: number | undefined;
}

const MOST_SAID = 4_000;

export function readErrorReply(
  { status, headers, text }: WireReply,
  body: unknown,
  nowMs: number,
): ErrorReply {
  // Gemini's compatible endpoint puts the object in a list.
  const root = Array.isArray(body) ? body[0] : body;
  const nested = field(root, 'error');
  // vLLM was flat for long, FastAPI says `detail`, others say `error` and mean a text.
  const error = typeof nested === 'object' && nested !== null ? nested : root;
  const said = [field(error, 'message'), nested, field(error, 'detail')].find((each) => isText(each));
  const code = word(field(error, 'code'));
  const hint = headers.get('x-should-retry');
  return {
    status: status < 400 && !isRedirect(status) ? statusNamedBy(code) : status,
    code,
    type: word(field(error, 'type')),
    param: word(field(error, 'param')),
    said: (said === undefined ? text : String(said)).slice(0, MOST_SAID).toLowerCase(),
    isPage: isPage(text),
    shouldRetry: hint === 'true' ? true : hint === 'false' ? false : undefined,
    retryAfterMs: retryAfterMs(headers, nowMs),
  };
}

/** HTML, as proxies and websites answer. */
export function isPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value).slice(0, 100).toLowerCase()
    : '';
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function statusNamedBy(code: string): number {
  if (code === 'rate_limit_exceeded') return 429;
  return /^[45]\d\d$/.test(code) ? Number(code) : 0;
}
