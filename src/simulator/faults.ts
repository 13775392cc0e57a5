import { UserError } from '../shared/errors.ts';
import type { Random } from './seeded-random.ts';

/** What comes and goes: a fleet lives through these without anybody's help, at the cost of calls and of some slots. */
const PASSING_FAULTS = {
  rate_limit: '429 rate_limit_exceeded, with the Retry-After variant of the options',
  server_error: '500',
  unavailable: '503',
  reset: 'the connection is reset',
  hang: 'no answer until the caller gives up or the server stops',
  truncated: 'the body ends half way, although Content-Length promised more',
  length: 'finish_reason "length": the content stops part way',
  invalid_json: 'content that is not JSON',
  fenced_json: 'valid JSON inside a ```json fence',
  refusal: 'message.refusal instead of content',
  wrong_name: 'another name than the prompt gave, in every field that mentions it',
  wrong_age: 'another age than the prompt gave, in every field that mentions it',
  shallow_lists: 'lists shorter than their minItems',
} as const;

/** The rest: what no waiting mends, what rejects the request itself, and what only some endpoints and proxies do. */
const OTHER_FAULTS = {
  quota: '429 insufficient_quota',
  unauthorized: '401 invalid_api_key',
  forbidden: '403',
  payment_required: '402',
  not_found: '404 without a code, as from a wrong base URL',
  model_not_found: '404 model_not_found',
  context_too_long: '400 context_length_exceeded',
  bad_request: '400',
  content_filter_400: '400 content_filter, as Azure rejects a prompt',
  request_too_large: '429 "Request too large", without a time to come back',
  conflict: '409',
  request_timeout: '408',
  bad_gateway_html: '502 with an HTML page',
  html: '200 with an HTML page instead of a completion',
  not_json: '200 application/json that is not JSON',
  error_in_200: '200 with an error of code 502 in the body, as OpenRouter answers',
  rate_limit_in_200: '200 with an error of code 429 in the body',
  wrong_type: 'a good answer sent as text/plain',
  no_usage: 'a good answer without its usage',
  empty_choices: 'no choices',
  empty_content: 'a choice whose content is empty',
  content_filter: 'finish_reason "content_filter": the content stops part way',
} as const;

/** What can go wrong with a call, and what the caller then sees. `all` in a text of rates means the passing ones only. */
export const FAULTS = { ...PASSING_FAULTS, ...OTHER_FAULTS };
export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[];
/** What `all=RATE` sets: the kinds that leave a fleet running. */
export const PASSING_FAULT_KINDS = Object.keys(PASSING_FAULTS) as FaultKind[];

/** The share of calls that meet each fault, in [0, 1]; a call meets at most one, so the rates add up to at most 1. */
export type FaultRates = { readonly [kind in FaultKind]?: number };

/** Rates like 0.05 have no exact binary form, so ten of 0.1 may add up to a hair more than 1. */
export const RATE_SUM_TOLERANCE = 1e-9;

export function sumOfRates(rates: FaultRates): number {
  return FAULT_KINDS.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);
}

/**
 * Reads `rate_limit=0.05,server_error=0.05` or `all=0.05` (each passing kind); a later part overrides an earlier one
 * (`all=0.05,hang=0`).
 * Throws a UserError that names the part at fault and the known kinds.
 */
export function parseFaults(text: string): FaultRates {
  const rates: { [kind in FaultKind]?: number } = {};
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [kind = '', value = '', ...rest] = part.split('=').map((each) => each.trim());
    const rate = value === '' || rest.length > 0 ? Number.NaN : Number(value);
    if (!(rate >= 0 && rate <= 1))
      throw new UserError(
        `faults: expected <kind>=<rate from 0 to 1>, got "${part}". Example: rate_limit=0.05,hang=0.01`,
      );
    if (kind === 'all') for (const each of PASSING_FAULT_KINDS) rates[each] = rate;
    else if (isFaultKind(kind)) rates[kind] = rate;
    else throw new UserError(`faults: unknown kind "${kind}". Known kinds: all, ${FAULT_KINDS.join(', ')}`);
  }
  const sum = sumOfRates(rates);
  if (sum > 1 + RATE_SUM_TOLERANCE)
    throw new UserError(
      `faults: the rates of "${text}" add up to ${Number(sum.toFixed(4))}, but a call meets at most one fault. Lower them to a sum of 1 or less.`,
    );
  return rates;
}

function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULTS, kind);
}

/** One draw decides whether a call meets a fault, and which. */
export function drawFault(rates: FaultRates, random: Random): FaultKind | undefined {
  let draw = random.next();
  for (const kind of FAULT_KINDS) {
    draw -= rates[kind] ?? 0;
    if (draw < 0) return kind;
  }
  return undefined;
}

/** Accepted as `retryAfter`: none, seconds, `ms:<milliseconds>`, `date:<seconds ahead>`, garbage. */
export const RETRY_AFTER_PATTERN = /^(none|garbage|\d+(\.\d+)?|ms:\d+(\.\d+)?|date:\d+)$/;

/** The headers of one variant; a date is relative to the wall clock, as HTTP has it. */
export function retryAfterHeaders(retryAfter: string | number): Record<string, string> {
  const [variant = '', amount = ''] = String(retryAfter).split(':');
  switch (variant) {
    case 'none':
      return {};
    case 'garbage':
      return { 'retry-after': 'soon, probably' };
    case 'ms':
      return { 'retry-after-ms': amount };
    case 'date':
      return { 'retry-after': new Date(Date.now() + Number(amount) * 1000).toUTCString() };
    default:
      return { 'retry-after': variant };
  }
}
