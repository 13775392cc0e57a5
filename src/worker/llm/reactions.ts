import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { withoutSecrets } from '../../shared/telemetry/logger.ts';
import type { Loss } from './chat-client.ts';
import type { ErrorReply } from './error-reply.ts';
import type { Answer, Outcome } from './outcome.ts';

/**
 * What every outcome of a model request does to the call, the slot, the job and the fleet: one table, read from the top; the
 * first row that fits decides. An outcome that fits none is a usable answer.
 *
 * The reaction says what becomes of the slot and of its job:
 *
 * | reaction | the slot | its job |
 * | --- | --- | --- |
 * | retry | tries again after a backoff with full jitter; an attempt is spent, and with the last one it fails | goes on |
 * | wait | tries again when the fleet may call again; no attempt is spent, unless the reply was billed: then it is `retry` | goes on |
 * | pause | stays open, its attempt is given back | ends; `resume` brings it back |
 * | give up | fails, with the reason | goes on with the other slots |
 */
export interface Row {
  /** A short code of a closed set: a metrics label, and the failure's key in `status`. */
  readonly reason: string;
  readonly when: (outcome: Outcome) => boolean;
  readonly reaction: Reaction;
  /** What the call is charged with, unless the reply names its tokens: then it is `answered`. */
  readonly call: CallEnd;
  /** What everybody else hears of it, whatever it was charged with. */
  readonly fleet: FleetEffect;
  /** What happened and what to do about it. Never the provider's own text, which may repeat a key or a prompt. */
  readonly message: (facts: {
    readonly status: number;
    readonly codes: string;
    readonly model: string;
  }) => string;
}

/**
 * `unsent`: everything is given back; `refused`: nothing is billed, but it counts as a request; `lost`: nobody knows, so nothing
 * is given back; `answered`: charged with the tokens that it used.
 */
export type CallEnd = 'unsent' | 'refused' | 'lost' | 'answered';

/** `waits`: for what the provider asks for, or a backoff; `breaker`: many such in a row hold everybody back. */
export type FleetEffect = 'goes-on' | 'waits' | 'breaker' | 'pauses';

const { retry, wait, pause, giveUp } = Reaction;

const lost =
  (...why: Loss[]) =>
  (outcome: Outcome) =>
    outcome.kind === 'lost' && why.includes(outcome.why);
const error = (fits: (error: ErrorReply) => boolean) => (outcome: Outcome) =>
  outcome.kind === 'error' && fits(outcome.error);
const answer = (fits: (answer: Answer, moreRoom: boolean) => boolean) => (outcome: Outcome) =>
  outcome.kind === 'answer' && fits(outcome.answer, outcome.moreRoom);

/** Codes and types of 429s that no waiting mends. */
const QUOTA =
  /^(insufficient_quota|credit_balance_exhausted|billing_hard_limit_reached|billing_not_active)$|_spend_limit_exceeded$/;
const NO_MODEL_CODE =
  /^(model_not_found|deploymentnotfound|invalid_model|model_not_available|unknown_model)$/;
/** As vLLM, Ollama, LM Studio, OpenRouter and Mistral say it. */
const NO_MODEL_SAID =
  /model .{0,200}(not found|does not exist|not exist|is not available)|is not a valid model|invalid model|no models? loaded|no such model|no endpoints found for/;
const TOO_LONG_CODE = /^(context_length_exceeded|string_above_max_length|exceed_context_size_error)$/;
/** As OpenAI and vLLM, llama.cpp, LM Studio, Anthropic and Gemini say it. */
const TOO_LONG_SAID =
  /context (length|window)|context size|context the overflows|(prompt|input) is too long|input token count .{0,80}exceeds|too many (input |prompt )?tokens/;
const FILTERED_CODE = /^(content_filter|content_policy_violation|responsibleaipolicyviolation)$/;
const FILTERED_SAID = /moderation|flagged|content management policy/;
const ROOM = 'PERSONA_FLEET_COMPLETION_TOKENS';

const isNoModel = ({ status, code, said }: ErrorReply) =>
  NO_MODEL_CODE.test(code) || ((status === 404 || status === 400) && NO_MODEL_SAID.test(said));
const isQuota = ({ status, code, type }: ErrorReply) =>
  status === 402 || QUOTA.test(code) || QUOTA.test(type);
/** A proxy, a website, another service: APIs say in JSON what is wrong with a request. */
const isOtherServer = ({ status, isPage }: ErrorReply) =>
  status === 404 ||
  status === 405 ||
  (status >= 300 && status < 400) ||
  (isPage && (status === 400 || status === 410 || status === 421));

export const reactions: readonly Row[] = [
  {
    reason: 'unreachable',
    when: ({ kind }) => kind === 'unreachable',
    reaction: wait,
    call: 'unsent',
    fleet: 'breaker',
    message: ({ codes }) => `the model endpoint cannot be reached (OPENAI_BASE_URL)${codes}`,
  },
  {
    reason: 'timeout',
    when: lost('first-byte-timeout'),
    reaction: retry,
    call: 'lost',
    fleet: 'breaker',
    message: () => 'the model did not begin to answer in time (PERSONA_FLEET_FIRST_BYTE_TIMEOUT_MS)',
  },
  {
    reason: 'timeout',
    when: lost('total-timeout'),
    reaction: retry,
    call: 'lost',
    fleet: 'breaker',
    message: () => 'the model did not answer in time (PERSONA_FLEET_MODEL_TIMEOUT_MS)',
  },
  {
    reason: 'connection',
    when: lost('connection'),
    reaction: retry,
    call: 'lost',
    fleet: 'breaker',
    message: () => 'the connection to the model endpoint broke before the answer was whole',
  },
  {
    // No model wrote it, so nothing was billed.
    reason: 'bad_response',
    when: (outcome) => outcome.kind === 'unreadable' && outcome.isPage,
    reaction: retry,
    call: 'refused',
    fleet: 'breaker',
    message: () =>
      'a web page came instead of a chat completion: is OPENAI_BASE_URL right, up to and including /v1?',
  },
  {
    reason: 'bad_response',
    when: (outcome) => lost('too-large')(outcome) || outcome.kind === 'unreadable',
    reaction: retry,
    call: 'lost',
    fleet: 'breaker',
    message: () =>
      'what came with status 200 is no chat completion: is OPENAI_BASE_URL right, up to and including /v1?',
  },
  {
    reason: 'quota',
    when: error(isQuota),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: ({ status }) =>
      `the provider says that the quota is used up (${status === 402 ? 'payment required' : 'insufficient_quota'})`,
  },
  {
    reason: 'content_filter',
    when: error(
      ({ status, code, said }) => FILTERED_CODE.test(code) || (status === 403 && FILTERED_SAID.test(said)),
    ),
    reaction: giveUp,
    call: 'refused',
    fleet: 'goes-on',
    message: () => "the provider's content filter rejected the prompt",
  },
  {
    reason: 'model_not_found',
    when: error(isNoModel),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: ({ model }) =>
      `the provider does not know the model "${model}" (OPENAI_MODEL, or the spec's model)`,
  },
  {
    reason: 'credentials',
    when: error(({ status }) => status === 401 || status === 403),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: ({ status, codes }) =>
      `the provider refuses the API key, or what it is used for (${status}${codes}): check OPENAI_API_KEY`,
  },
  {
    reason: 'request_too_large',
    when: error(({ status, said }) => status === 429 && said.includes('request too large')),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: () =>
      `one request is larger than the provider's rate limit ever allows: lower ${ROOM}, or use a model with a higher limit`,
  },
  {
    reason: 'quota',
    when: error(({ status, shouldRetry }) => status === 429 && shouldRetry === false),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: () =>
      'the provider accepts no further calls and says that waiting does not help (429, x-should-retry: false)',
  },
  {
    reason: 'rate_limited',
    when: error(({ status }) => status === 429),
    reaction: wait,
    call: 'refused',
    fleet: 'waits',
    message: () => 'the provider limits the rate (429)',
  },
  {
    reason: 'context_too_long',
    when: error(
      ({ status, code, type, said }) =>
        status === 413 || TOO_LONG_CODE.test(code) || TOO_LONG_CODE.test(type) || TOO_LONG_SAID.test(said),
    ),
    reaction: giveUp,
    call: 'refused',
    fleet: 'goes-on',
    message: () => `the prompt and the room for its answer are more than the model takes (${ROOM})`,
  },
  {
    reason: 'endpoint_not_found',
    when: error(isOtherServer),
    reaction: pause,
    call: 'refused',
    fleet: 'pauses',
    message: ({ status }) =>
      `no chat completions are served at OPENAI_BASE_URL (${status}): it must be the endpoint's address up to and including /v1`,
  },
  {
    reason: 'invalid_json',
    when: error(({ code }) => code === 'json_validate_failed'),
    reaction: retry,
    call: 'lost',
    fleet: 'goes-on',
    message: () => 'the provider says that the model wrote no valid JSON',
  },
  {
    // A proxy's timeout: the model behind it may well have answered, and been paid.
    reason: 'server_error',
    when: error(({ status }) => status === 504 || status === 524),
    reaction: retry,
    call: 'lost',
    fleet: 'breaker',
    message: ({ status }) => `the provider failed (${status})`,
  },
  {
    reason: 'server_error',
    when: error(
      ({ status, shouldRetry }) =>
        shouldRetry !== false &&
        (status >= 500 || status === 0 || status === 408 || status === 409 || shouldRetry === true),
    ),
    reaction: retry,
    call: 'refused',
    fleet: 'breaker',
    message: ({ status, codes }) => `the provider failed (${status || 'an error with status 200'}${codes})`,
  },
  {
    reason: 'bad_request',
    when: error(() => true),
    reaction: giveUp,
    call: 'refused',
    fleet: 'goes-on',
    message: ({ status, codes }) => `the provider refuses the request (${status}${codes})`,
  },
  {
    reason: 'refusal',
    when: answer(({ isRefusal }) => isRefusal),
    reaction: giveUp,
    call: 'answered',
    fleet: 'goes-on',
    message: () => 'the model refused to answer',
  },
  {
    reason: 'content_filter',
    when: answer(({ finishReason }) => finishReason === 'content_filter'),
    reaction: giveUp,
    call: 'answered',
    fleet: 'goes-on',
    message: () => "the provider's content filter withheld the answer",
  },
  {
    reason: 'length',
    when: answer(({ finishReason }, moreRoom) => finishReason === 'length' && !moreRoom),
    reaction: retry,
    call: 'answered',
    fleet: 'goes-on',
    message: () => `the answer was cut at the token limit (${ROOM})`,
  },
  {
    reason: 'length',
    when: answer(({ finishReason }) => finishReason === 'length'),
    reaction: giveUp,
    call: 'answered',
    fleet: 'goes-on',
    message: () =>
      'the answer was cut at the token limit with more room as well (PERSONA_FLEET_MAX_COMPLETION_TOKENS)',
  },
  {
    reason: 'empty',
    when: answer(({ hasChoice }) => !hasChoice),
    reaction: retry,
    call: 'answered',
    fleet: 'goes-on',
    message: () => 'the answer holds no choice',
  },
  {
    reason: 'empty',
    when: answer(({ content }) => content.trim() === ''),
    reaction: retry,
    call: 'answered',
    fleet: 'goes-on',
    message: () => 'the answer is empty',
  },
];

/** undefined: a usable answer. */
export function rowOf(outcome: Outcome): Row | undefined {
  return reactions.find(({ when }) => when(outcome));
}

/** The error that the row makes of the outcome. */
export function callError(
  { reaction, reason, message }: Row,
  outcome: Outcome,
  model: string,
): ModelCallError {
  const reply = outcome.kind === 'error' ? outcome.error : undefined;
  const facts = { status: reply?.status ?? 0, codes: codesOf(outcome), model };
  // What costs something is counted among the attempts, or there would be no end to it.
  const isBilled = outcome.kind === 'error' && outcome.billed !== undefined;
  return new ModelCallError(message(facts), {
    reaction: reaction === wait && isBilled ? retry : reaction,
    reason,
    retryAfterMs: reply?.retryAfterMs,
  });
}

/** The short names that an error gives itself; anything longer may be a text. */
function codesOf(outcome: Outcome): string {
  const given =
    outcome.kind === 'error'
      ? [outcome.error.code, outcome.error.param]
      : outcome.kind === 'unreachable'
        ? [outcome.code]
        : [];
  const names = given.filter((name) => /^[A-Za-z0-9_.[\]-]{1,60}$/.test(name) && !/^\d+$/.test(name));
  return names.length === 0 ? '' : withoutSecrets(` ${names.join(' ')}`);
}
