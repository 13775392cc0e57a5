import { ModelCallError } from '../../shared/errors.ts';
import { CallKind } from '../../shared/limits/accounts.ts';
import type { Capabilities } from '../../shared/models/capabilities.ts';
import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import { mostNanoDollars } from '../../shared/models/prices.ts';
import { createLogger } from '../../shared/telemetry/logger.ts';
import { createWorkerMetrics } from '../../shared/telemetry/metrics.ts';
import { noTracing } from '../../shared/telemetry/tracing.ts';
import { createPromptTokens } from '../../shared/tokens/prompt-tokens.ts';
import { createTokenCounter } from '../../shared/tokens/token-counter.ts';
import { assumedCapabilities, lessStructured } from '../../worker/llm/capabilities.ts';
import { keepsPromise } from '../../worker/llm/capability-memory.ts';
import { promptOf, type ReasoningEffort } from '../../worker/llm/chat-body.ts';
import type { ChatTimeouts, Endpoint } from '../../worker/llm/chat-client.ts';
import type { CallOutcome, Limiter, SeenLimits } from '../../worker/llm/limiter.ts';
import type { ModelRequest, Usage } from '../../worker/llm/model-call.ts';
import { createModelGateway } from '../../worker/llm/model-gateway.ts';

/** Room for a model that thinks before it writes twenty tokens. */
const ROOM = 2_048;

const schema = {
  name: 'town',
  schema: {
    type: 'object',
    properties: { name: { type: 'string' }, country: { type: 'string' } },
    required: ['name', 'country'],
    additionalProperties: false,
  },
};

/** What the endpoint was found to do. */
export interface Trial {
  /** How it was asked in the end. */
  readonly capabilities: Capabilities;
  /** Whether the answer was what its mode promises; the modes that were tried before broke theirs, without a word. */
  readonly kept: boolean;
  readonly ignored: readonly string[];
  /** As it names itself. */
  readonly model: string;
  /** Of all answers together. */
  readonly usage: Usage;
  /** Of the last answer. */
  readonly latencyMs: number;
  readonly seen: SeenLimits | undefined;
}

export interface TrialCall {
  /** The most that it uses, if the first answer will do: tokens, and dollars × 10⁻⁹ where the price is known. */
  readonly most: {
    readonly prompt: number;
    readonly completion: number;
    readonly nanoDollars: number | undefined;
  };
  /** Makes it. Resolves with the error where no usable answer came; rejects only when the signal aborts. */
  run(signal: AbortSignal): Promise<Trial | ModelCallError>;
}

/**
 * One small question to the model, asked as workers ask theirs: through the same gateway, which finds out what the endpoint does
 * not take. An answer that is not what its way of asking promises is asked for again in the next weaker way, twice at the most. Past
 * the fleet's rate limits and budgets, and nothing of it is remembered: this is a look, and must work while the fleet is paused.
 */
export function createTrialCall(options: {
  endpoint: Endpoint;
  model: string;
  profile: ModelProfile;
  timeouts: ChatTimeouts;
  reasoningEffort: ReasoningEffort | undefined;
}): TrialCall {
  const { endpoint, model, timeouts, reasoningEffort } = options;
  const profile = { ...options.profile, completionTokens: ROOM, maxCompletionTokens: ROOM };
  const counter = createTokenCounter();
  const countPromptTokens = createPromptTokens(counter);
  const assumed = { ...assumedCapabilities(endpoint.baseUrl), ...profile.capabilities };
  const request: ModelRequest = {
    model,
    system: 'You answer with JSON.',
    user: 'Name one town, and the country that it is in.',
    temperature: 0,
    schema,
    cacheKey: 'doctor',
    moreRoom: false,
  };

  async function ask(fixed: Partial<Capabilities>, signal: AbortSignal) {
    const limiter = createFreeLimiter();
    let capabilities = { ...assumed, ...fixed };
    const pinned = { ...profile, capabilities: { ...profile.capabilities, ...fixed } };
    await using gateway = createModelGateway({
      ...endpoint,
      stopping: signal,
      timeouts,
      limiters: limiter,
      profiles: { of: () => pinned },
      countPromptTokens,
      countTokens: counter.count,
      capabilityStore: {
        load: async () => undefined,
        async save(_scope, learnt) {
          capabilities = { ...capabilities, ...learnt.capabilities, ...pinned.capabilities };
        },
      },
      reasoningEffort,
      metrics: createWorkerMetrics(),
      tracing: noTracing,
      logger: createLogger('silent'),
    });
    const answer = await gateway.complete(
      {
        account: 'doctor',
        kind: CallKind.calls,
        expected: request,
        begin: async () => request,
        takeBack: async () => {},
        onUsage() {},
      },
      signal,
    );
    if (answer === undefined) throw new Error('the request was begun and not sent');
    const kept = keepsPromise(capabilities.structuredOutput, answer.content, schema.schema);
    return { ...answer, capabilities, kept, ...limiter.last() };
  }

  async function run(signal: AbortSignal): Promise<Trial> {
    const ignored: string[] = [];
    let answer = await ask({}, signal);
    let { usage } = answer;
    while (!answer.kept && !('structuredOutput' in profile.capabilities)) {
      const { capabilities } = answer;
      const weaker = lessStructured(capabilities.structuredOutput);
      if (weaker === undefined) break;
      ignored.push(capabilities.structuredOutput);
      answer = await ask({ ...capabilities, ...weaker }, signal);
      usage = sum(usage, answer.usage);
    }
    const { capabilities, kept, latencyMs, seen } = answer;
    return { capabilities, kept, ignored, model: answer.model, usage, latencyMs, seen };
  }

  const prompt = countPromptTokens(promptOf(request, assumed));
  const { price } = profile;
  const nanoDollars = price === undefined ? undefined : mostNanoDollars(price, { prompt, completion: ROOM });
  return {
    most: { prompt, completion: ROOM, nanoDollars },
    run: (signal) =>
      run(signal).catch((error: unknown) => {
        if (error instanceof ModelCallError) return error;
        throw error;
      }),
  };
}

/** Lets every call through, and keeps what the last one was settled with. */
function createFreeLimiter() {
  let last: CallOutcome | undefined;
  const limiter: Limiter = {
    acquire: async () => ({
      isFresh: () => true,
      async settle(outcome) {
        last = outcome;
      },
    }),
    pause: async () => {},
    waitingUntilMs: () => 0,
    tokenLimit: () => undefined,
  };
  return {
    of: () => limiter,
    waitingUntilMs: () => 0,
    last: () => ({
      latencyMs: last?.kind === 'answered' ? last.latencyMs : 0,
      seen: last?.kind === 'answered' ? last.seen : undefined,
    }),
  };
}

function sum(one: Usage, other: Usage): Usage {
  return {
    promptTokens: one.promptTokens + other.promptTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    completionTokens: one.completionTokens + other.completionTokens,
  };
}
