import type { Completion } from './completion.ts';
import type { FaultKind } from './faults.ts';
import type { WrittenTokens } from './stats.ts';

export interface CompletionParts {
  readonly id: string;
  readonly model: string;
  readonly completion: Completion;
  readonly tokens: Readonly<WrittenTokens>;
  readonly fault: FaultKind | undefined;
  readonly reportsCacheWrites: boolean;
}

/** The body of a chat completion, in OpenAI's form where no fault takes something from it. */
export function completionBody(parts: CompletionParts): object {
  const { id, model, completion, fault } = parts;
  const choice = {
    index: 0,
    message: {
      role: 'assistant',
      content: completion.content,
      refusal: completion.refusal,
      annotations: [],
    },
    logprobs: null,
    finish_reason: completion.finishReason,
  };
  return {
    id,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: fault === 'empty_choices' ? [] : [choice],
    ...(fault === 'no_usage' ? {} : { usage: usageOf(parts) }),
    service_tier: 'default',
    system_fingerprint: 'simulated',
  };
}

function usageOf({ completion, tokens, reportsCacheWrites }: CompletionParts): object {
  return {
    prompt_tokens: tokens.prompt,
    completion_tokens: tokens.completion,
    total_tokens: tokens.prompt + tokens.completion,
    prompt_tokens_details: {
      cached_tokens: tokens.cached,
      audio_tokens: 0,
      ...(reportsCacheWrites ? { cache_write_tokens: tokens.cacheWrite } : {}),
    },
    completion_tokens_details: {
      reasoning_tokens: completion.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
