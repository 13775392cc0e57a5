import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { type ChatRequest, readChatRequest } from './chat-request.ts';
import { type Completion, createCompletionWriter } from './completion.ts';
import { drawFault, errorOfFault, type FaultKind } from './faults.ts';
import { bearerOf, readBody, sendError, sendJson, sendTruncated } from './http-exchange.ts';
import { ApiError, invalidApiKey } from './openai-errors.ts';
import type { SimulatorOptions } from './options.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createPromptReader, type PromptReading } from './prompt-reader.ts';
import { createRateLimits } from './rate-limits.ts';
import { fingerprint, type Random, seededRandom } from './seeded-random.ts';
import type { StatsRecorder } from './stats.ts';
import { createTokenCounter } from './tokens.ts';

/** Time, so that tests can bring their own. */
export interface Timekeeper {
  /** Monotonic milliseconds: the clock of the limits and the statistics. */
  monotonicMs(): number;
  /** Sleeps; wakes early when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export type ChatHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** How often each of the last 100,000 different requests was admitted: a repeated request draws its fault afresh. */
const REMEMBERED_REQUESTS = 100_000;

interface Turn {
  readonly chat: ChatRequest;
  readonly prompt: PromptReading;
  readonly fault: FaultKind | undefined;
  readonly latencyMs: number;
  readonly headers: Record<string, string>;
  readonly completion: Completion | undefined;
  readonly id: string;
}

/**
 * Answers `POST /v1/chat/completions`.
 *
 * Content depends on (seed, messages, schema) alone; the fault and the latency also on how often this very request was
 * admitted before. So a run is the same whatever the order in which requests arrive, and a retry gets a fresh draw.
 */
export function createChatHandler(
  options: SimulatorOptions,
  stats: StatsRecorder,
  time: Timekeeper,
  stopping: AbortSignal,
): ChatHandler {
  const counter = createTokenCounter();
  const prompts = createPromptReader(counter);
  const promptCache = createPromptCache();
  const completions = createCompletionWriter(options, counter);
  const limits = createRateLimits(options);
  const visits = new LRUCache<number, number>({ max: REMEMBERED_REQUESTS });
  const seed = fingerprint(options.seed);
  // Each call in its latency listens; without this Node warns of a leak at the eleventh.
  setMaxListeners(0, stopping);

  /** Everything that is decided about a call, in one synchronous step. */
  const admit = (body: string): Turn => {
    const chat = readChatRequest(body);
    completions.check(chat.format);
    const prompt = prompts.read(
      chat.format.kind === 'json_schema' ? chat.format.schemaText : '',
      chat.messages,
    );
    const visit = visits.get(prompt.fingerprint) ?? 0;
    const random = seededRandom(seed, prompt.fingerprint, visit + 1);
    const fault = drawFault(options.faults, random);
    const latencyMs = drawLatencyMs(options, random);
    const error = fault === undefined ? undefined : errorOfFault(fault, options.retryAfter);
    const isAnswered = error === undefined && fault !== 'reset' && fault !== 'hang';

    // With a token limit the charge is known without writing, which makes a refused call cheap.
    const compose = () => (isAnswered ? completions.write(chat, prompt.fingerprint, fault) : undefined);
    const limit = chat.maxCompletionTokens;
    const early = limit === undefined ? compose() : undefined;
    const charge = prompt.tokens + (limit ?? early?.tokens ?? 0);
    const nowMs = time.monotonicMs();
    stats.asked(nowMs, charge);
    limits.admit(nowMs, charge, chat.model);
    visits.set(prompt.fingerprint, visit + 1);
    if (fault !== undefined) stats.met(fault);

    const headers = limits.headers(nowMs);
    if (error !== undefined) throw withHeaders(error, headers);
    const id = `chatcmpl-simulated-${prompt.fingerprint.toString(36)}-${visit}`;
    return { chat, prompt, fault, latencyMs, headers, completion: early ?? compose(), id };
  };

  /** Resolves with false when the call stays open, or when its caller has left. */
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    let turn: Turn;
    try {
      if (options.apiKey !== undefined && bearerOf(request) !== options.apiKey)
        throw invalidApiKey(bearerOf(request) !== undefined);
      turn = admit(await readBody(request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (response.destroyed) return false;
      stats.answered(error.status, undefined);
      sendError(response, error);
      return true;
    }
    const { completion, fault, headers } = turn;
    if (fault === 'hang') return false;
    if (turn.latencyMs > 0) await time.wait(turn.latencyMs, stopping);
    if (stopping.aborted || response.destroyed) return false;
    if (fault === 'reset' || completion === undefined) {
      request.socket.resetAndDestroy();
      return true;
    }
    const prompt = turn.prompt.tokens;
    const cached = promptCache.share(turn.prompt.prefixes);
    stats.wrote({ prompt, cached, completion: completion.tokens });
    stats.answered(200, fault);
    const body = completionBody(turn, completion, cached);
    if (fault === 'truncated') sendTruncated(response, body, headers);
    else sendJson(response, 200, body, headers);
    return true;
  };

  return async (request, response) => {
    stats.began();
    let isOver = false;
    const end = () => {
      if (!isOver) stats.ended();
      isOver = true;
    };
    response.once('close', () => {
      if (!isOver) stats.aborted();
      end();
    });
    if (await answer(request, response)) end();
  };
}

function drawLatencyMs({ latencyMedianMs, latencySigma }: SimulatorOptions, random: Random): number {
  return latencyMedianMs === 0 ? 0 : latencyMedianMs * Math.exp(latencySigma * random.normal());
}

function withHeaders(error: ApiError, headers: Record<string, string>): ApiError {
  const { status, message, type, param, code } = error;
  return new ApiError(status, message, {
    type,
    headers: { ...headers, ...error.headers },
    ...(param === null ? {} : { param }),
    ...(code === null ? {} : { code }),
  });
}

function completionBody({ chat, prompt, id }: Turn, completion: Completion, cachedTokens: number): object {
  return {
    id,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: completion.content,
          refusal: completion.refusal,
          annotations: [],
        },
        logprobs: null,
        finish_reason: completion.finishReason,
      },
    ],
    usage: {
      prompt_tokens: prompt.tokens,
      completion_tokens: completion.tokens,
      total_tokens: prompt.tokens + completion.tokens,
      prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: 'default',
    system_fingerprint: 'simulated',
  };
}
