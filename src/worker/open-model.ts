import { randomUUID } from 'node:crypto';
import type { Config } from '../shared/config.ts';
import type { Keys } from '../shared/keys.ts';
import { stoppable } from '../shared/lifecycle.ts';
import type { ModelProfiles } from '../shared/models/model-profiles.ts';
import { NANO } from '../shared/models/prices.ts';
import type { Redis } from '../shared/redis.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import type { Tracing } from '../shared/telemetry/tracing.ts';
import { createPromptTokens } from '../shared/tokens/prompt-tokens.ts';
import { createTokenCounter } from '../shared/tokens/token-counter.ts';
import type { Backoff } from './llm/backoff.ts';
import { createCapabilityStore } from './llm/capability-store.ts';
import { createLimiters } from './llm/limiter.ts';
import type { ModelGateway } from './llm/model-call.ts';
import { createModelGateway } from './llm/model-gateway.ts';

/**
 * The process' way to the model: the gateway, behind the limits and budgets that it shares with all other workers of the
 * Redis.
 *
 * `stop()` fails what is still in flight and then tells Redis what all calls took, so it comes after the work has ended and
 * before the connection is quit.
 */
export function openModel(options: {
  config: Config;
  redis: Redis;
  keys: Keys;
  profiles: ModelProfiles;
  /** Once it aborts no request is begun. */
  stopping: AbortSignal;
  backoff: Backoff;
  metrics: WorkerMetrics;
  tracing: Tracing;
  logger: Logger;
}): ModelGateway {
  const { config, redis, keys, profiles, stopping, backoff, metrics, tracing, logger } = options;
  const endpoint = {
    apiKey: config.OPENAI_API_KEY ?? '',
    baseUrl: config.OPENAI_BASE_URL,
    headers: config.PERSONA_FLEET_HEADERS,
  };
  const tokenCounter = createTokenCounter();
  const budgetUsd = config.PERSONA_FLEET_BUDGET_USD;
  const limiters = createLimiters({
    redis,
    keys,
    processId: randomUUID(),
    endpoint,
    profileOf: profiles.of,
    burst: config.PERSONA_FLEET_BURST,
    windowMs: config.PERSONA_FLEET_RATE_WINDOW_MS,
    guardMs: config.PERSONA_FLEET_RATE_GUARD_MS,
    callTimeoutMs: config.PERSONA_FLEET_MODEL_TIMEOUT_MS,
    fleetBudget: {
      nanoDollars: budgetUsd === undefined ? undefined : Math.round(budgetUsd * NANO),
      tokens: config.PERSONA_FLEET_BUDGET_TOKENS,
    },
    backoff,
    metrics,
    logger,
  });
  const gateway = createModelGateway({
    ...endpoint,
    stopping,
    timeouts: {
      connectMs: config.PERSONA_FLEET_CONNECT_TIMEOUT_MS,
      firstByteMs: config.PERSONA_FLEET_FIRST_BYTE_TIMEOUT_MS,
      totalMs: config.PERSONA_FLEET_MODEL_TIMEOUT_MS,
    },
    limiters,
    profiles,
    countPromptTokens: createPromptTokens(tokenCounter),
    countTokens: tokenCounter.count,
    capabilityStore: createCapabilityStore(redis, keys),
    reasoningEffort: config.PERSONA_FLEET_REASONING_EFFORT,
    metrics,
    tracing,
    logger,
  });
  return stoppable({ complete: gateway.complete, waitingUntilMs: gateway.waitingUntilMs }, async () => {
    await gateway.stop();
    await limiters.stop();
  });
}
