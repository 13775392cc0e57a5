import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { createTokenCounter } from '../shared/tokens/token-counter.ts';
import { parseBody, readChatRequest } from './chat-request.ts';
import { type Completion, createCompletionWriter } from './completion.ts';
import { completionBody } from './completion-body.ts';
import { replyOfFault } from './fault-replies.ts';
import { drawFault, type FaultKind } from './faults.ts';
import {
  bearerOf,
  type Reply,
  readBody,
  sendError,
  sendJson,
  sendReply,
  sendTruncated,
} from './http-exchange.ts';
import { refuseMissing } from './missing-features.ts';
import { ApiError, invalidApiKey } from './openai-errors.ts';
import type { SimulatorOptions } from './options.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createPromptReader, type PromptReading } from './prompt-reader.ts';
import { createRateLimits } from './rate-limits.ts';
import { fingerprint, type Random, seededRandom } from './seeded-random.ts';
import type { Settings } from './settings.ts';
import type { StatsRecorder } from './stats.ts';

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

/** An admitted call. */
interface Turn {
  readonly id: string;
  readonly model: string;
  readonly prompt: PromptReading;
  readonly fault: FaultKind | undefined;
  /** Of the limits. */
  readonly headers: Record<string, string>;
  /** What is sent instead of a completion. */
  readonly reply: Reply | undefined;
  readonly completion: Completion | undefined;
  readonly latencyMs: number;
  /** Replaces what the call took from the limits by what it used. */
  settle(usedTokens: number): void;
}

/**
 * Answers `POST /v1/chat/completions`.
 *
 * Content depends on (seed, messages, schema) alone; the fault and the latency also on how often this very request was
 * admitted before. So a run is the same whatever the order in which requests arrive, and a retry gets a fresh draw.
 */
export function createChatHandler(
  settings: Settings,
  stats: StatsRecorder,
  time: Timekeeper,
  stopping: AbortSignal,
): ChatHandler {
  const counter = createTokenCounter();
  const prompts = createPromptReader(counter);
  const promptCache = createPromptCache();
  const completions = createCompletionWriter(settings, counter);
  const limits = createRateLimits(settings, settings.current.windowMs);
  const visits = new LRUCache<number, number>({ max: REMEMBERED_REQUESTS });
  const seed = fingerprint(settings.current.seed);
  // Each call in its latency listens; without this Node warns of a leak at the eleventh.
  setMaxListeners(0, stopping);

  /** Everything that is decided about a call, in one synchronous step. */
  const admit = (body: string): Turn => {
    const options = settings.current;
    const request = parseBody(body);
    stats.received(request);
    refuseMissing(request, options.unsupported);
    const chat = readChatRequest(request);
    completions.check(chat.format);
    const knowsSchema = chat.format.kind === 'json_schema' && !options.ignores.includes('response_format');
    const prompt = prompts.read(knowsSchema ? chat.format.schemaText : '', chat.messages);
    const visit = visits.get(prompt.fingerprint) ?? 0;
    const random = seededRandom(seed, prompt.fingerprint, visit + 1);
    const fault = drawFault(options.faults, random);
    const latencyMs = drawLatencyMs(options, random);
    const reply = fault === undefined ? undefined : replyOfFault(fault, { ...options, model: chat.model });
    const isAnswered = reply === undefined && fault !== 'reset' && fault !== 'hang';

    // With a token limit the charge is known without writing, which makes a refused call cheap.
    const compose = () => (isAnswered ? completions.write(chat, prompt.fingerprint, fault) : undefined);
    const limit = chat.maxCompletionTokens;
    const early = limit === undefined ? compose() : undefined;
    const charge = prompt.tokens + (limit ?? early?.tokens ?? 0);
    const nowMs = time.monotonicMs();
    stats.asked(nowMs, charge);
    const refusal = limits.refusal(nowMs, charge, chat.model);
    if (refusal !== undefined) {
      stats.refusedByLimits();
      throw refusal;
    }
    const place = limits.admit(nowMs, charge);
    const settleStats = stats.admitted(charge, limits.used(nowMs));
    visits.set(prompt.fingerprint, visit + 1);
    if (fault !== undefined) stats.met(fault);

    const completion = early ?? compose();
    return {
      id: `chatcmpl-simulated-${prompt.fingerprint.toString(36)}-${visit}`,
      model: chat.model,
      prompt,
      fault,
      headers: limits.headers(nowMs),
      reply,
      completion,
      latencyMs: latencyMs + options.latencyPerTokenMs * (completion?.tokens ?? 0),
      settle(usedTokens) {
        if (options.charge === 'reserved') return;
        limits.settle(place, usedTokens);
        settleStats(usedTokens);
      },
    };
  };

  /** Sends a completion, and counts it as the caller will be charged for it. */
  const send = (response: ServerResponse, turn: Turn, completion: Completion): void => {
    const { fault, headers } = turn;
    const prompt = turn.prompt.tokens;
    const cached = promptCache.share(turn.prompt.prefixes);
    const reportsCacheWrites = settings.current.cacheWrite;
    const cacheWrite = reportsCacheWrites ? prompt - cached : 0;
    const tokens = { prompt, cached, cacheWrite, completion: completion.tokens };
    stats.wrote(tokens);
    turn.settle(prompt + completion.tokens);
    stats.answered(200, { whole: fault !== 'truncated', fault });
    const body = completionBody({ ...turn, completion, tokens, reportsCacheWrites });
    if (fault === 'truncated') sendTruncated(response, body, headers);
    else if (fault === 'wrong_type')
      sendJson(response, 200, body, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
    else sendJson(response, 200, body, headers);
  };

  /** Resolves with false when the call stays open, or when its caller has left. */
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    let turn: Turn;
    try {
      const { apiKey } = settings.current;
      if (apiKey !== undefined && bearerOf(request) !== apiKey)
        throw invalidApiKey(bearerOf(request) !== undefined);
      turn = admit(await readBody(request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (response.destroyed) return false;
      stats.answered(error.status);
      sendError(response, error);
      return true;
    }
    const { completion, fault, reply } = turn;
    if (fault === 'hang') return false;
    if (reply !== undefined) {
      if (response.destroyed) return false;
      stats.answered(reply.status);
      sendReply(response, reply, turn.headers);
      return true;
    }
    if (turn.latencyMs > 0) await time.wait(turn.latencyMs, stopping);
    if (stopping.aborted || response.destroyed) return false;
    if (fault === 'reset' || completion === undefined) {
      request.socket.resetAndDestroy();
      return true;
    }
    send(response, turn, completion);
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
