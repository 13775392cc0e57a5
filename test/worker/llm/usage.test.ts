import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUsage } from '../../../src/worker/llm/usage.ts';

for (const [whose, usage, read] of [
  [
    "OpenAI's",
    { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 64 } },
    { promptTokens: 100, completionTokens: 7, cachedTokens: 64 },
  ],
  [
    "OpenRouter's",
    {
      prompt_tokens: 100,
      completion_tokens: 7,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 90 },
    },
    { promptTokens: 100, completionTokens: 7, cachedTokens: 0, cacheWriteTokens: 90 },
  ],
  [
    "DeepSeek's",
    { prompt_tokens: 100, completion_tokens: 7, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
    { promptTokens: 100, completionTokens: 7, cachedTokens: 64 },
  ],
  [
    "Anthropic's, beside the prompt",
    { prompt_tokens: 10, completion_tokens: 7, cache_read_input_tokens: 60, cache_creation_input_tokens: 30 },
    { promptTokens: 100, completionTokens: 7, cachedTokens: 60, cacheWriteTokens: 30 },
  ],
  ['none', null, {}],
  ['a prompt of no tokens', { prompt_tokens: 0, completion_tokens: 0 }, { completionTokens: 0 }],
  ['what is no count', { prompt_tokens: 1.5, completion_tokens: '7', prompt_tokens_details: [] }, {}],
] as const) {
  test(`usage is read as far as it says something: ${whose}`, () => {
    assert.deepEqual(readUsage(usage), read);
  });
}
