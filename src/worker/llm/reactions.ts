import { APIConnectionTimeoutError, APIError } from 'openai';
import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { retryAfterMs } from './retry-after.ts';

/**
 * What every outcome of a model request does: one table, in the order in which it is read.
 *
 * The reasons are a closed set: they are metric labels and the failure counts in `status`.
 */
export function reactionTo(error: unknown, nowMs: number): ModelCallError {
  const failure = (reaction: Reaction, reason: string, message: string) =>
    new ModelCallError(message, { reaction, reason, cause: error });

  if (!(error instanceof APIError)) {
    // The client lets the JSON parser's error through.
    return failure(Reaction.retry, 'bad_response', 'the answer was not JSON');
  }
  if (error instanceof APIConnectionTimeoutError) {
    return failure(Reaction.retry, 'timeout', 'the model did not answer in time');
  }
  const { status, code, type } = error;
  if (status === undefined) {
    return failure(Reaction.retry, 'connection', 'the connection to the model endpoint failed');
  }
  if (status === 429 && (type === 'insufficient_quota' || isQuotaCode(code))) {
    return failure(
      Reaction.pause,
      'quota',
      'the provider says that the quota is used up (insufficient_quota)',
    );
  }
  if (status === 401 || status === 403) {
    return failure(Reaction.pause, 'credentials', `the provider refuses the API key (${status})`);
  }
  if (code === 'model_not_found') {
    return failure(Reaction.pause, 'model_not_found', 'the provider does not know the model');
  }
  const hint = error.headers?.get('x-should-retry');
  if (status === 429 && (hint === 'false' || /request too large/i.test(error.message))) {
    return failure(
      Reaction.giveUp,
      'request_too_large',
      'one request is larger than the rate limit ever allows',
    );
  }
  if (status === 429) {
    return new ModelCallError('the provider limits the rate (429)', {
      reaction: Reaction.wait,
      reason: 'rate_limited',
      retryAfterMs: retryAfterMs(error.headers, nowMs),
      cause: error,
    });
  }
  if (hint !== 'false' && (status >= 500 || status === 408 || status === 409 || hint === 'true')) {
    return new ModelCallError(`the provider failed (${status})`, {
      reaction: Reaction.retry,
      reason: 'server_error',
      retryAfterMs: retryAfterMs(error.headers, nowMs),
      cause: error,
    });
  }
  if (code === 'context_length_exceeded') {
    return failure(Reaction.giveUp, 'context_too_long', 'the prompt is longer than the model allows');
  }
  return failure(
    Reaction.giveUp,
    'bad_request',
    `the provider refuses the request (${status} ${code ?? ''})`,
  );
}

/** Codes that OpenAI gives 429s which no waiting mends. */
function isQuotaCode(code: string | null | undefined): boolean {
  return (
    code === 'insufficient_quota' ||
    code === 'credit_balance_exhausted' ||
    code === 'billing_hard_limit_reached' ||
    /_spend_limit_exceeded$/.test(code ?? '')
  );
}
