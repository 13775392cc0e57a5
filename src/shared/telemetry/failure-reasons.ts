/**
 * Why a slot was given up, or a call is made again: every value of the label `reason` of `slots_total` and `model_retries_total`.
 * Their series are there at 0 before anything fails: to Prometheus a series that begins with 500 has not increased.
 */
export const FAILURE_REASONS = [
  // How model calls fail; see worker/llm/reactions.ts.
  'bad_request',
  'bad_response',
  'connection',
  'content_filter',
  'context_too_long',
  'credentials',
  'empty',
  'endpoint_not_found',
  'invalid_json',
  'length',
  'model_not_found',
  'quota',
  'rate_limited',
  'refusal',
  'request_too_large',
  'server_error',
  'timeout',
  'unreachable',
  // What is wrong with answers.
  'contradiction',
  'invalid_persona',
  'invalid_plan',
  'shallow_persona',
  // What became of the slot.
  'attempts_spent',
  'name_lost',
] as const;
