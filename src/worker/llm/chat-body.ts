import { type Capabilities, StructuredOutput } from '../../shared/models/capabilities.ts';
import { type CountedPrompt, schemaText } from '../../shared/tokens/prompt-tokens.ts';
import type { ChatBody } from './chat-client.ts';
import type { ModelRequest } from './model-call.ts';

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh';

/** JSON mode needs the word JSON in the prompt. It ends the system message, so that the prompts of a population still begin alike. */
const IN_WORDS =
  '\n\nAnswer with one JSON object and nothing else: no text before or after it, no code fence. It must match this JSON Schema:\n';

/** The prompt as it will be sent to a model of these capabilities, for counting its tokens. */
export function promptOf({ system, user, schema }: ModelRequest, capabilities: Capabilities): CountedPrompt {
  if (capabilities.structuredOutput === StructuredOutput.schema) return { system, user, schema };
  return { system: system + IN_WORDS + schemaText(schema.schema), user, schema: undefined };
}

/** The body of a request with room for an answer of `room` tokens. */
export function chatBody(
  request: ModelRequest,
  capabilities: Capabilities,
  { room, reasoningEffort }: { room: number; reasoningEffort: ReasoningEffort | undefined },
): ChatBody {
  const { model, temperature, cacheKey } = request;
  const { system, user, schema } = promptOf(request, capabilities);
  return {
    model,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    ...(temperature === null || !capabilities.temperature ? {} : { temperature }),
    [capabilities.tokenLimit]: room,
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: schema.name, schema: schema.schema, strict: true },
          },
        }),
    ...(capabilities.structuredOutput === StructuredOutput.object
      ? { response_format: { type: 'json_object' as const } }
      : {}),
    ...(capabilities.promptCacheKey ? { prompt_cache_key: cacheKey } : {}),
    ...(capabilities.reasoningEffort && reasoningEffort !== undefined
      ? { reasoning_effort: reasoningEffort }
      : {}),
  };
}
