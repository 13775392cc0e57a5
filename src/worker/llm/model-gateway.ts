import { explain, ModelCallError, Reaction } from '../../shared/errors.ts';
import { stoppable } from '../../shared/lifecycle.ts';
import type { Capabilities } from '../../shared/models/capabilities.ts';
import type { ModelProfile, ModelProfiles } from '../../shared/models/model-profiles.ts';
import { mostNanoDollars, NANO } from '../../shared/models/prices.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../../shared/telemetry/metrics.ts';
import type { Tracing } from '../../shared/telemetry/tracing.ts';
import type { PromptTokens } from '../../shared/tokens/prompt-tokens.ts';
import { withoutRefused } from './capabilities.ts';
import { type CapabilityStore, createCapabilityMemory, keepsPromise } from './capability-memory.ts';
import { chatBody, promptOf, type ReasoningEffort } from './chat-body.ts';
import {
  type ChatBody,
  type ChatTimeouts,
  createChatClient,
  type Endpoint,
  type Exchange,
  type Unmade,
} from './chat-client.ts';
import { createChatSpans } from './chat-span.ts';
import type { Limiter, Limiters, Permit, PermitRequest } from './limiter.ts';
import {
  CallAbortedError,
  type ModelAnswer,
  type ModelCall,
  type ModelGateway,
  type ModelRequest,
  type Usage,
} from './model-call.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { createPromptCalibration, type PromptCalibration } from './prompt-calibration.ts';
import { callError, type Row, rowOf } from './reactions.ts';
import { readSeenLimits } from './seen-limits.ts';
import { settlementOf } from './settlement.ts';
import { createStalePermits } from './stale-permits.ts';

export interface ModelGatewayOptions extends Endpoint {
  /** Once it aborts no request is begun; those in flight go on. */
  readonly stopping: AbortSignal;
  readonly timeouts: ChatTimeouts;
  readonly limiters: Pick<Limiters, 'of' | 'waitingUntilMs'>;
  readonly profiles: Pick<ModelProfiles, 'of'>;
  /** Of a prompt as it will be sent, before it is. */
  readonly countPromptTokens: PromptTokens;
  /** Of a text: for answers of providers that do not say what they used. */
  readonly countTokens: (text: string) => number;
  readonly capabilityStore: CapabilityStore;
  /** Sent to models that take it. */
  readonly reasoningEffort: ReasoningEffort | undefined;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** What the simulator sets as `system_fingerprint`, so that its answers can never pass for a model's. */
const SIMULATED_FINGERPRINT = 'simulated';

/** How many things that an endpoint does not take may be given up in one call, each after a request that it refused. */
const MOST_ADAPTATIONS = 6;

/** A call on its way, however often it has to be let through again. */
interface OnItsWay {
  readonly call: ModelCall;
  readonly signal: AbortSignal;
  readonly profile: ModelProfile;
  readonly limiter: Limiter;
  adaptations: number;
  /** In a row. */
  stalePermits: number;
}

/** One request that was tried to its end. */
interface Tried {
  readonly exchange: Exclude<Exchange, Unmade>;
  readonly outcome: Outcome;
  /** undefined: a usable answer. */
  readonly row: Row | undefined;
  readonly latencyMs: number;
}

/** The same, and what it was let through with. */
interface Ended extends Tried {
  readonly request: ModelRequest;
  readonly permit: Permit;
  readonly capabilities: Capabilities;
  readonly body: ChatBody;
  readonly counted: number;
}

/** It ended so that the call is to be let through once more. */
const AGAIN = Symbol('again');

/**
 * Calls the model: waits for rate and budget, begins the call, sends it, settles what it used, and says what its outcome means.
 *
 * Every permit is settled once, however the call ends. A call is let through, and begun, again by itself in two cases only, both
 * bounded: its permit grew old before it could be sent, or the endpoint refused the request, for nothing, because of something
 * that it can be asked without.
 */
export function createModelGateway(options: ModelGatewayOptions): ModelGateway {
  const { baseUrl, stopping, limiters, profiles, reasoningEffort, metrics, tracing, logger } = options;
  const now = options.now ?? Date.now;
  const client = createChatClient(options, options.timeouts);
  const memory = createCapabilityMemory({ baseUrl, profiles, store: options.capabilityStore, logger, now });
  const chatSpans = createChatSpans(baseUrl);
  const countStalePermit = createStalePermits({ metrics, logger, now });
  const calibrations = new Map<string, PromptCalibration>();

  function calibrationOf(model: string): PromptCalibration {
    const found = calibrations.get(model) ?? createPromptCalibration();
    calibrations.set(model, found);
    return found;
  }

  async function complete(call: ModelCall, signal: AbortSignal): Promise<ModelAnswer | undefined> {
    const { model } = call.expected;
    const onItsWay = { call, signal, profile: profiles.of(model), limiter: limiters.of(model) };
    const state: OnItsWay = { ...onItsWay, adaptations: 0, stalePermits: 0 };
    for (;;) {
      const end = await attempt(state);
      if (end !== AGAIN) return end;
      await call.takeBack();
    }
  }

  async function attempt(state: OnItsWay): Promise<ModelAnswer | undefined | typeof AGAIN> {
    const { call } = state;
    const { model } = call.expected;
    const capabilities = await memory.of(model);
    const counted = options.countPromptTokens(promptOf(call.expected, capabilities));
    const needs = needsOf(state, counted);
    const permit = await freshPermit(needs, state);
    const request = await begin(call, permit);
    if (request === undefined) {
      await permit.settle({ kind: 'unsent' });
      return undefined;
    }
    const body = chatBody(request, capabilities, { room: needs.completionTokens, reasoningEffort });
    const sent = await send(body, permit, state);
    if ('outcome' in sent) return conclude({ request, permit, capabilities, body, counted, ...sent }, state);
    if (sent.kind === 'kept-back') {
      await giveBackStale(permit, state);
      return AGAIN;
    }
    const { wasSent, cause } = sent;
    await permit.settle({ kind: wasSent ? 'lost' : 'unsent' });
    throw new CallAbortedError(wasSent ? 'aborted' : 'stopped before the call', { wasSent, cause });
  }

  function needsOf({ call, profile, limiter }: OnItsWay, counted: number): PermitRequest {
    const { account, kind, expected } = call;
    const { price } = profile;
    const promptTokens = calibrationOf(expected.model).mostTokens(counted);
    const completionTokens = expected.moreRoom
      ? moreRoom(profile, limiter.tokenLimit(), promptTokens)
      : profile.completionTokens;
    const most = { prompt: promptTokens, completion: completionTokens };
    const nanoDollars = price === undefined ? undefined : mostNanoDollars(price, most);
    return { account, kind, promptTokens, completionTokens, nanoDollars };
  }

  async function freshPermit(needs: PermitRequest, state: OnItsWay): Promise<Permit> {
    const waiting = AbortSignal.any([state.signal, stopping]);
    const attributes = { 'gen_ai.request.model': state.call.expected.model };
    for (;;) {
      const permit = await tracing.span('acquire', { attributes, isOrdinary: isAborted }, () =>
        state.limiter.acquire(needs, waiting),
      );
      if (permit.isFresh()) return permit;
      await giveBackStale(permit, state);
    }
  }

  async function giveBackStale(permit: Permit, state: OnItsWay): Promise<void> {
    await permit.settle({ kind: 'unsent' });
    if (stopping.aborted) return; // kept back for that, and the next one will not be asked for
    state.stalePermits += 1;
    countStalePermit(state.call.expected.model, state.stalePermits);
  }

  async function begin(call: ModelCall, permit: Permit): Promise<ModelRequest | undefined> {
    try {
      return await call.begin();
    } catch (error) {
      await permit.settle({ kind: 'unsent' });
      throw error;
    }
  }

  function send(body: ChatBody, permit: Permit, { call, signal }: OnItsWay): Promise<Tried | Unmade> {
    const maySend = () => permit.isFresh() && !stopping.aborted;
    const { name, options } = chatSpans.of(body.model);
    return tracing.span(name, options, async (span) => {
      const startedMs = performance.now();
      const model = metrics.modelLabel(body.model);
      metrics.modelRequestsInFlight.inc();
      const exchange = await client
        .send(body, { signal, maySend })
        .finally(() => metrics.modelRequestsInFlight.dec());
      const latencyMs = performance.now() - startedMs;
      if (exchange.kind === 'kept-back' || exchange.kind === 'aborted') {
        const wasSent = exchange.kind === 'aborted' && exchange.wasSent;
        if (wasSent) metrics.modelRequests.inc({ model, outcome: 'aborted' });
        span.add({ 'persona_fleet.outcome': exchange.kind });
        return exchange;
      }
      if (exchange.kind !== 'unreachable') {
        metrics.modelRequestSeconds.observe({ model }, latencyMs / 1000);
      }
      const outcome = readOutcome(exchange, { moreRoom: call.expected.moreRoom, nowMs: now() });
      const row = rowOf(outcome);
      chatSpans.tell(span, outcome, row);
      return { exchange, outcome, row, latencyMs };
    });
  }

  /** Settles, and makes of the outcome what it means. */
  async function conclude(ended: Ended, state: OnItsWay): Promise<ModelAnswer | typeof AGAIN> {
    const { request, permit, exchange, outcome, row, latencyMs } = ended;
    const { model } = request;
    const label = metrics.modelLabel(model);
    const seen = exchange.kind === 'replied' ? readSeenLimits(exchange.reply.headers) : undefined;
    if (await hasAdapted(ended, state)) {
      await permit.settle({ kind: 'refused', seen });
      return AGAIN;
    }
    const usage = usageOf(ended);
    metrics.modelRequests.inc({ model: label, outcome: row?.reason ?? 'ok' });
    const error = row === undefined ? undefined : callError(row, outcome, model);
    if (error !== undefined && row?.fleet === 'pauses') {
      // Before the call is settled, so that what it held lets nobody else through.
      await state.limiter.pause(error.reason, error.message).catch((cause: unknown) => {
        logger.error({ model, reason: error.reason, error: explain(cause) }, 'the fleet could not be paused');
      });
    }
    const settlement = settlementOf({ outcome, row, usage, price: state.profile.price, latencyMs, seen });
    const settled = permit.settle(settlement);
    if (settlement.kind === 'answered' && settlement.nanoDollars !== undefined) {
      metrics.dollars.inc({ model: label }, settlement.nanoDollars / NANO);
    }
    // A failure may hold everybody back: it must be known before this place makes its next call. An answer need not wait.
    if (row !== undefined) await settled;
    if (usage !== undefined) {
      countUsage(label, usage);
      state.call.onUsage(usage);
    }
    if (error?.reaction === Reaction.wait) await state.call.takeBack();
    if (error !== undefined) throw error;
    return answerOf(ended, usage);
  }

  /** Whether the endpoint refused the request for something that it can be asked without. */
  async function hasAdapted({ outcome, body, capabilities }: Ended, state: OnItsWay): Promise<boolean> {
    if (outcome.kind !== 'error' || outcome.billed !== undefined) return false;
    if (state.adaptations === MOST_ADAPTATIONS) return false;
    const { profile } = state;
    const change = withoutRefused(outcome.error, body, capabilities, profile.capabilities);
    if (change === undefined) return false;
    state.adaptations += 1;
    state.stalePermits = 0;
    metrics.modelRequests.inc({ model: metrics.modelLabel(body.model), outcome: 'adapted' });
    await memory.learn(body.model, { sent: capabilities, change });
    return true;
  }

  /** What the provider counted; what an answer does not say is counted here, for it was not free. */
  function usageOf({ outcome, request, counted }: Ended): Usage | undefined {
    if (outcome.kind === 'error') return outcome.billed;
    if (outcome.kind !== 'answer') return undefined;
    const { usage, content } = outcome.answer;
    if (usage.promptTokens !== undefined) calibrationOf(request.model).learn(counted, usage.promptTokens);
    return {
      promptTokens: usage.promptTokens ?? counted,
      cachedTokens: usage.cachedTokens ?? 0,
      cacheWriteTokens: usage.cacheWriteTokens ?? 0,
      completionTokens: usage.completionTokens ?? options.countTokens(content),
    };
  }

  function countUsage(model: string, usage: Usage): void {
    metrics.tokens.inc({ model, type: 'prompt' }, usage.promptTokens);
    metrics.tokens.inc({ model, type: 'cached' }, usage.cachedTokens);
    metrics.tokens.inc({ model, type: 'cache_write' }, usage.cacheWriteTokens);
    metrics.tokens.inc({ model, type: 'completion' }, usage.completionTokens);
  }

  async function answerOf(
    { outcome, request, capabilities }: Ended,
    usage: Usage | undefined,
  ): Promise<ModelAnswer> {
    if (outcome.kind !== 'answer' || usage === undefined) throw new Error(`no row for ${outcome.kind}`);
    const { content, model, fingerprint, finishReason } = outcome.answer;
    const mode = capabilities.structuredOutput;
    if (finishReason === 'stop') {
      await memory.hear(request.model, mode, () => keepsPromise(mode, content, request.schema.schema));
    }
    return {
      content,
      model: model || request.model,
      simulated: fingerprint === SIMULATED_FINGERPRINT,
      usage,
    };
  }

  return stoppable({ waitingUntilMs: () => limiters.waitingUntilMs(), complete }, client.stop);
}

function isAborted(error: unknown): boolean {
  return error instanceof CallAbortedError;
}

/** The room for an answer that was cut off: no more than one request may have. Throws where that is no more than it had. */
function moreRoom(
  { completionTokens, maxCompletionTokens }: ModelProfile,
  tokenLimit: number | undefined,
  promptTokens: number,
): number {
  const room = Math.min(
    maxCompletionTokens,
    Math.floor(tokenLimit ?? Number.POSITIVE_INFINITY) - promptTokens,
  );
  if (room > completionTokens) return room;
  const why =
    maxCompletionTokens <= completionTokens
      ? 'PERSONA_FLEET_MAX_COMPLETION_TOKENS allows no more'
      : `the limit of ${tokenLimit} tokens leaves no more beside the prompt`;
  throw new ModelCallError(`the answer was cut at the token limit, and ${why}`, {
    reaction: Reaction.giveUp,
    reason: 'length',
  });
}
