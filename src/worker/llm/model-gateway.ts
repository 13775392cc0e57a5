import OpenAI from 'openai';
import { ModelCallError, Reaction } from '../../shared/errors.ts';
import { delay, type Stoppable, stoppable } from '../../shared/lifecycle.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import { reactionTo } from './reactions.ts';
import { createWholeBodyFetch } from './whole-body-fetch.ts';

/** Tokens of one answered request, as the provider counted them; `promptTokens` includes `cachedTokens`. */
export interface Usage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

export interface ModelRequest {
  readonly model: string;
  readonly system: string;
  readonly user: string;
  readonly temperature: number | null;
  readonly schema: { readonly name: string; readonly schema: Record<string, unknown> };
}

export interface ModelAnswer {
  readonly content: string;
  /** The model that answered, as the provider names it. */
  readonly model: string;
  /** The answer comes from the simulator. */
  readonly simulated: boolean;
  readonly usage: Usage;
}

/** Thrown when the call was aborted: nothing is known of its outcome, unless it was not even sent. */
export class CallAbortedError extends Error {
  override readonly name = 'CallAbortedError';
  /** false: the provider never heard of it. */
  readonly wasSent: boolean;

  constructor(message: string, options: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.wasSent = options.wasSent;
  }
}

/** `stop()` closes the connections; calls in progress then fail. */
export interface ModelGateway extends Stoppable {
  /** Until when the provider has asked this process to wait; a time in the past when it has not. */
  waitingUntilMs(): number;
  /**
   * Makes one request. Throws ModelCallError with the reaction to its failure, or CallAbortedError.
   *
   * While the provider asks for time, every call of this process waits before it is sent. `onUsage` hears of the
   * tokens of any answered request, a useless answer included.
   */
  complete(request: ModelRequest, signal: AbortSignal, onUsage: (usage: Usage) => void): Promise<ModelAnswer>;
}

export interface ModelGatewayOptions {
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  /** Once it aborts no request is begun; those in flight go on. */
  readonly stopping: AbortSignal;
  readonly timeoutMs: number;
  readonly maxCompletionTokens: number;
  readonly backoff: Backoff;
  readonly metrics: Metrics;
}

/** Compatible servers often need no key, but the client refuses to start without one. */
const NO_KEY = 'none';

/** What the simulator sets as `system_fingerprint`, so that its answers can never pass for a model's. */
const SIMULATED_FINGERPRINT = 'simulated';

export function createModelGateway(options: ModelGatewayOptions): ModelGateway {
  const { timeoutMs, maxCompletionTokens, backoff, metrics } = options;
  const http = createWholeBodyFetch();
  // maxRetries 0: the SDK's default made three calls on insufficient_quota. Our own policy decides.
  const client = new OpenAI({
    apiKey: options.apiKey || NO_KEY,
    ...(options.baseUrl === undefined ? {} : { baseURL: options.baseUrl }),
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
    fetch: http.fetch,
  });
  let notBefore = 0;
  let rateLimitsInARow = 0;

  async function waitForProvider(signal: AbortSignal): Promise<void> {
    for (let waitMs = notBefore - Date.now(); waitMs > 0; waitMs = notBefore - Date.now()) {
      metrics.modelWaitSeconds.inc(waitMs / 1000);
      await delay(waitMs, signal);
      if (signal.aborted) break;
    }
    if (signal.aborted) throw new CallAbortedError('stopped before the call', { wasSent: false });
  }

  async function request(body: ModelRequest, signal: AbortSignal): Promise<OpenAI.ChatCompletion> {
    const stopRequest = metrics.modelRequestSeconds.startTimer({ model: body.model });
    metrics.modelRequestsInFlight.inc();
    try {
      const answer = await client.chat.completions.create(
        {
          model: body.model,
          messages: [
            { role: 'system', content: body.system },
            { role: 'user', content: body.user },
          ],
          ...(body.temperature === null ? {} : { temperature: body.temperature }),
          max_completion_tokens: maxCompletionTokens,
          response_format: {
            type: 'json_schema',
            json_schema: { name: body.schema.name, schema: body.schema.schema, strict: true },
          },
        },
        { signal },
      );
      if (typeof answer !== 'object' || answer === null) throw new TypeError('the answer is no JSON object');
      return answer;
    } catch (cause) {
      if (signal.aborted) throw new CallAbortedError('aborted', { wasSent: true, cause });
      const error = reactionTo(cause, Date.now());
      if (error.reason === 'timeout') error.message = `the model did not answer within ${timeoutMs} ms`;
      throw error;
    } finally {
      metrics.modelRequestsInFlight.dec();
      stopRequest();
    }
  }

  const gateway: Omit<ModelGateway, keyof Stoppable> = {
    waitingUntilMs: () => notBefore,
    async complete(body, signal, onUsage) {
      await waitForProvider(AbortSignal.any([signal, options.stopping]));
      // Calls in flight together that are all refused are one refusal: counted each, a burst of them would look like
      // a provider that has been refusing for minutes.
      const limitsBefore = rateLimitsInARow;
      try {
        const completion = await request(body, signal);
        rateLimitsInARow = 0;
        const usage = usageOf(completion);
        metrics.tokens.inc({ model: body.model, type: 'prompt' }, usage.promptTokens);
        metrics.tokens.inc({ model: body.model, type: 'cached' }, usage.cachedTokens);
        metrics.tokens.inc({ model: body.model, type: 'completion' }, usage.completionTokens);
        onUsage(usage);
        const content = contentOf(completion);
        metrics.modelRequests.inc({ model: body.model, outcome: 'ok' });
        return {
          content,
          model: completion.model,
          simulated: completion.system_fingerprint === SIMULATED_FINGERPRINT,
          usage,
        };
      } catch (error) {
        if (!(error instanceof ModelCallError)) throw error;
        metrics.modelRequests.inc({ model: body.model, outcome: error.reason });
        if (error.reaction === Reaction.wait) {
          rateLimitsInARow = Math.max(rateLimitsInARow, limitsBefore + 1);
          notBefore = Math.max(
            notBefore,
            Date.now() + backoffMs(backoff, rateLimitsInARow, error.retryAfterMs),
          );
        }
        throw error;
      }
    },
  };
  return stoppable(gateway, http.stop);
}

function usageOf({ usage }: OpenAI.ChatCompletion): Usage {
  return {
    promptTokens: tokenCount(usage?.prompt_tokens),
    cachedTokens: tokenCount(usage?.prompt_tokens_details?.cached_tokens),
    completionTokens: tokenCount(usage?.completion_tokens),
  };
}

/** Whatever a compatible server says: counters, here and in the commit script, take nothing but whole numbers. */
function tokenCount(said: unknown): number {
  return typeof said === 'number' && Number.isSafeInteger(said) && said >= 0 ? said : 0;
}

function contentOf(completion: OpenAI.ChatCompletion): string {
  const unusable = (reaction: Reaction, reason: string, message: string) =>
    new ModelCallError(message, { reaction, reason });
  const choice = completion.choices?.[0];
  if (!choice?.message) {
    throw unusable(Reaction.retry, 'empty', 'the answer holds no choice');
  }
  if (choice.message.refusal) throw unusable(Reaction.giveUp, 'refusal', 'the model refused to answer');
  if (choice.finish_reason === 'content_filter') {
    throw unusable(Reaction.giveUp, 'content_filter', "the provider's content filter withheld the answer");
  }
  if (choice.finish_reason === 'length') {
    throw unusable(
      Reaction.retry,
      'length',
      'the answer was cut at the token limit (PERSONA_FLEET_MAX_COMPLETION_TOKENS)',
    );
  }
  const { content } = choice.message;
  if (typeof content !== 'string' || content === '') {
    throw unusable(Reaction.retry, 'empty', 'the answer is empty');
  }
  return content;
}
