import { field } from './error-reply.ts';
import type { Usage } from './model-call.ts';

/**
 * The tokens that a completion's `usage` names; what it does not name, or names with something that is no count, is left out.
 * A prompt of no tokens is no count either: there is none, and some servers say so of every call.
 */
export function readUsage(usage: unknown): Partial<Usage> {
  const details = field(usage, 'prompt_tokens_details');
  const prompt = count(field(usage, 'prompt_tokens'));
  const completion = count(field(usage, 'completion_tokens'));
  // OpenAI and most others; DeepSeek; Anthropic behind a gateway.
  const cached =
    count(field(details, 'cached_tokens')) ??
    count(field(usage, 'prompt_cache_hit_tokens')) ??
    count(field(usage, 'cache_read_input_tokens'));
  // OpenRouter; LiteLLM and Anthropic.
  const cacheWrite =
    count(field(details, 'cache_write_tokens')) ??
    count(field(details, 'cache_creation_tokens')) ??
    count(field(usage, 'cache_creation_input_tokens'));
  const inCache = (cached ?? 0) + (cacheWrite ?? 0);
  return {
    // Some count what they cached beside the prompt, not in it.
    ...(prompt === undefined || prompt === 0
      ? {}
      : { promptTokens: inCache > prompt ? prompt + inCache : prompt }),
    ...(completion === undefined ? {} : { completionTokens: completion }),
    ...(cached === undefined ? {} : { cachedTokens: cached }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
  };
}

/** Whatever a compatible server says: the ledger takes nothing but whole numbers. */
function count(said: unknown): number | undefined {
  return typeof said === 'number' && Number.isSafeInteger(said) && said >= 0 ? said : undefined;
}
