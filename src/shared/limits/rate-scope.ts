import { createHash } from 'node:crypto';

/** Whose limit a call counts against: providers limit a key, for each of their models. */
export interface RateScope {
  /** undefined: the provider that the client library defaults to. */
  readonly baseUrl: string | undefined;
  readonly apiKey: string;
  readonly model: string;
}

/**
 * The name of a rate scope in Redis, 16 hexadecimal digits: workers with the same endpoint, key and model share it. The key
 * itself cannot be read from it.
 */
export function rateScopeId({ baseUrl, apiKey, model }: RateScope): string {
  const parts = [baseUrl?.replace(/\/+$/, '') ?? '', apiKey, model];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}
