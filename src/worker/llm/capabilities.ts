import { type Capabilities, StructuredOutput } from '../../shared/models/capabilities.ts';
import type { ChatBody } from './chat-client.ts';
import type { ErrorReply } from './error-reply.ts';

/** What an endpoint is taken to be capable of until it says otherwise. */
export function assumedCapabilities(baseUrl: string | undefined): Capabilities {
  return {
    structuredOutput: StructuredOutput.schema,
    temperature: true,
    tokenLimit: 'max_completion_tokens',
    promptCacheKey: hasPromptCacheKey(baseUrl),
    reasoningEffort: true,
  };
}

/** The one parameter that is worth sending only where it is known to be understood: it changes no answer. */
function hasPromptCacheKey(baseUrl: string | undefined): boolean {
  if (baseUrl === undefined) return true;
  const { hostname } = new URL(baseUrl);
  return hostname === 'api.openai.com' || hostname.endsWith('.openai.azure.com');
}

interface Rule<Field extends keyof Capabilities = keyof Capabilities> {
  readonly field: Field;
  /** How endpoints call the parameter, in `param` or in what they say. */
  readonly names: RegExp;
  /** It need only be named; else the error must also say that it is not supported, and not only that its value is wrong. */
  readonly nameIsEnough: boolean;
  readonly wasSent: (body: ChatBody) => boolean;
  /** What to do instead of what was sent. */
  readonly instead: (sent: Capabilities) => Partial<Capabilities> | undefined;
}

const rules: readonly Rule[] = [
  {
    field: 'structuredOutput',
    names: /response[ _]format|json[ _]?(schema|object|mode)|structured[ _]outputs?|guided[ _]|grammar/,
    nameIsEnough: true,
    wasSent: ({ response_format }) => response_format !== undefined,
    instead: ({ structuredOutput }) => lessStructured(structuredOutput),
  },
  {
    field: 'temperature',
    names: /temperature/,
    nameIsEnough: false,
    wasSent: ({ temperature }) => temperature !== undefined,
    instead: () => ({ temperature: false }),
  },
  {
    field: 'tokenLimit',
    names: /max_completion_tokens/,
    nameIsEnough: false,
    wasSent: ({ max_completion_tokens }) => max_completion_tokens !== undefined,
    instead: () => ({ tokenLimit: 'max_tokens' }),
  },
  {
    field: 'tokenLimit',
    names: /max_tokens/,
    nameIsEnough: false,
    wasSent: ({ max_tokens }) => max_tokens !== undefined,
    instead: () => ({ tokenLimit: 'max_completion_tokens' }),
  },
  {
    field: 'promptCacheKey',
    names: /prompt_cache_key/,
    nameIsEnough: true,
    wasSent: ({ prompt_cache_key }) => prompt_cache_key !== undefined,
    instead: () => ({ promptCacheKey: false }),
  },
  {
    field: 'reasoningEffort',
    names: /reasoning/,
    nameIsEnough: true,
    wasSent: ({ reasoning_effort }) => reasoning_effort !== undefined,
    instead: () => ({ reasoningEffort: false }),
  },
];

/** As OpenAI, pydantic (vLLM, FastAPI) and others say that they do not take a parameter. */
const NOT_SUPPORTED =
  /unsupported|not supported|does ?n[o']t support|unrecogni[sz]ed|unknown|unexpected|extra_forbidden|extra inputs|not permitted|not allowed|additional propert|use .{0,40} instead/;

/**
 * What to do without, after an endpoint has refused a request with these capabilities; undefined when the error is about
 * something else, or about something that is `fixed`. Judged by what the error says, never by the name of a model.
 */
export function withoutRefused(
  { status, code, param, said, isPage }: ErrorReply,
  body: ChatBody,
  sent: Capabilities,
  fixed: Partial<Capabilities>,
): Partial<Capabilities> | undefined {
  // OpenRouter has no endpoint (404) that takes the parameters; llama.cpp cannot do a schema (500, 501).
  if (isPage || ![400, 404, 422, 500, 501].includes(status)) return undefined;
  const place = param === '' || param === 'none' ? said : param;
  for (const { field, names, nameIsEnough, wasSent, instead } of rules) {
    if (field in fixed || !wasSent(body) || !names.test(place)) continue;
    if (!nameIsEnough && !NOT_SUPPORTED.test(`${code} ${said}`)) continue;
    return instead(sent);
  }
  return undefined;
}

/** The next weaker way to have JSON; undefined where there is none. */
export function lessStructured(mode: StructuredOutput): Pick<Capabilities, 'structuredOutput'> | undefined {
  switch (mode) {
    case StructuredOutput.schema:
      return { structuredOutput: StructuredOutput.object };
    case StructuredOutput.object:
      return { structuredOutput: StructuredOutput.text };
    case StructuredOutput.text:
      return undefined;
    default: {
      const never: never = mode;
      throw new Error(`unknown mode ${never}`);
    }
  }
}
