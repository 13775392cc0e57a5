import { z } from 'zod';

/** What people are told of a rate scope. Kept in Redis as JSON; never a key, nor anything else of an address but its host. */
const scopeDescription = z.object({ model: z.string(), endpoint: z.string(), windowMs: z.number() });
export type ScopeDescription = z.infer<typeof scopeDescription>;

/** The provider that the client library calls when it is given no address. */
const DEFAULT_ENDPOINT = 'api.openai.com';

export function describeScope(scope: {
  readonly model: string;
  readonly baseUrl: string | undefined;
  readonly windowMs: number;
}): string {
  const endpoint = scope.baseUrl === undefined ? DEFAULT_ENDPOINT : new URL(scope.baseUrl).host;
  return JSON.stringify({
    model: scope.model,
    endpoint,
    windowMs: scope.windowMs,
  } satisfies ScopeDescription);
}

export function readScopeDescription(text: string): ScopeDescription {
  return scopeDescription.parse(JSON.parse(text));
}
