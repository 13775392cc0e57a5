import { z } from 'zod';

/** How a model can be made to answer with JSON, from the strictest way to none. */
export const StructuredOutput = { schema: 'json_schema', object: 'json_object', text: 'text' } as const;
export type StructuredOutput = (typeof StructuredOutput)[keyof typeof StructuredOutput];

/** What differs between OpenAI-compatible endpoints and their models, as far as requests are concerned. */
export const capabilitiesSchema = z.strictObject({
  structuredOutput: z.enum(StructuredOutput),
  /** Reasoning models take none. */
  temperature: z.boolean(),
  /** Older servers know only `max_tokens`. */
  tokenLimit: z.enum(['max_completion_tokens', 'max_tokens']),
  promptCacheKey: z.boolean(),
  reasoningEffort: z.boolean(),
});
export type Capabilities = Readonly<z.infer<typeof capabilitiesSchema>>;
