import { readFileSync } from 'node:fs';
import { z } from 'zod';

const dollars = z.number().nonnegative();

/** US dollars per 1,000,000 tokens, with where and when they were read. */
const modelPrice = z.strictObject({
  input: dollars,
  cachedInput: dollars,
  /** Of prompt tokens that are written to the provider's cache, instead of `input`; absent: as `input`. */
  cacheWrite: dollars.optional(),
  output: dollars,
  source: z.string(),
  date: z.iso.date().optional(),
});
export type ModelPrice = Readonly<z.infer<typeof modelPrice>>;

/** The fields of a price that somebody configures. */
export const configuredPrice = modelPrice.extend({
  source: z.string().min(1).default('configured'),
});

const priceList = z.object({
  asOf: z.iso.date(),
  models: z.record(z.string(), modelPrice.required({ date: true })),
});

export interface Prices {
  /** The day the list was put together (ISO 8601). */
  readonly asOf: string;
  /** undefined for a model that is not on the list: never guessed from a similar name. */
  of(model: string): ModelPrice | undefined;
}

/** Tokens as providers count them: `prompt` includes `cached` and `cacheWrite`. */
export interface TokenCounts {
  readonly prompt: number;
  readonly cached: number;
  readonly cacheWrite?: number | undefined;
  readonly completion: number;
}

/** The price list that this release ships: `prices.json`, the only place that has prices. */
export function loadPrices(): Prices {
  const list = priceList.parse(JSON.parse(readFileSync(new URL('./prices.json', import.meta.url), 'utf8')));
  const models = new Map(Object.entries(list.models));
  return { asOf: list.asOf, of: (model) => entryOf(models, model) };
}

/** Providers answer with the dated snapshot (gpt-4.1-mini-2025-04-14) behind the name that was asked for. */
export function entryOf<T>(models: ReadonlyMap<string, T>, model: string): T | undefined {
  return models.get(model) ?? models.get(model.replace(/-\d{4}-\d{2}-\d{2}$/, ''));
}

/** The ledger's unit, so that sums of prices with three decimals are exact. */
export const NANO = 1_000_000_000;
const TOKENS_PER_PRICE = 1_000_000n;

/**
 * What tokens cost, in US dollars × 10⁻⁹, rounded up. Exact for prices of up to nine decimals; tokens must be whole. Tokens that were read from
 * the provider's cache or written to it are charged apart from the others.
 */
export function nanoDollars(price: ModelPrice, tokens: TokenCounts): number {
  const { prompt, cached, cacheWrite = 0, completion } = tokens;
  // Some servers count what they cached beside the prompt, not in it.
  const plain = Math.max(0, prompt - cached - cacheWrite);
  const cost =
    at(price.input, plain) +
    at(price.cachedInput, cached) +
    at(price.cacheWrite ?? price.input, cacheWrite) +
    at(price.output, completion);
  return Number((cost + TOKENS_PER_PRICE - 1n) / TOKENS_PER_PRICE);
}

/** The most that a call with so many tokens can cost, in US dollars × 10⁻⁹: whatever is dearest of what a cache may do. */
export function mostNanoDollars(price: ModelPrice, tokens: { prompt: number; completion: number }): number {
  const { prompt, completion } = tokens;
  const input = Math.max(price.input, price.cachedInput, price.cacheWrite ?? 0);
  return nanoDollars({ ...price, input }, { prompt, cached: 0, completion });
}

/** The same in US dollars. */
export function costInDollars(price: ModelPrice, tokens: TokenCounts): number {
  return nanoDollars(price, tokens) / NANO;
}

function at(dollarsPerMillion: number, tokens: number): bigint {
  return BigInt(Math.round(dollarsPerMillion * NANO)) * BigInt(tokens);
}
