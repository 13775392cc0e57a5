import { readFileSync } from 'node:fs';
import { z } from 'zod';

const dollars = z.number().nonnegative();

/** US dollars per 1,000,000 tokens, with where and when they were read. */
const modelPrice = z.object({
  input: dollars,
  cachedInput: dollars,
  output: dollars,
  source: z.string(),
  date: z.iso.date(),
});
export type ModelPrice = z.infer<typeof modelPrice>;

const priceList = z.object({ asOf: z.iso.date(), models: z.record(z.string(), modelPrice) });

export interface Prices {
  /** The day the list was put together (ISO 8601). */
  readonly asOf: string;
  /** undefined for a model that is not on the list: never guessed from a similar name. */
  of(model: string): ModelPrice | undefined;
}

/** Tokens as providers count them: `prompt` includes `cached`. */
export interface TokenCounts {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
}

/** The price list that this release ships: `prices.json`, the only place that has prices. */
export function loadPrices(): Prices {
  const list = priceList.parse(JSON.parse(readFileSync(new URL('./prices.json', import.meta.url), 'utf8')));
  const models = new Map(Object.entries(list.models));
  return {
    asOf: list.asOf,
    // Providers answer with the dated snapshot (gpt-4.1-mini-2025-04-14) behind the name that was asked for.
    of: (model) => models.get(model) ?? models.get(model.replace(/-\d{4}-\d{2}-\d{2}$/, '')),
  };
}

const TOKENS_PER_PRICE = 1_000_000;

/** What tokens cost at a price, in US dollars. Cached prompt tokens are charged apart from the others. */
export function costInDollars(price: ModelPrice, { prompt, cached, completion }: TokenCounts): number {
  return (
    ((prompt - cached) * price.input + cached * price.cachedInput + completion * price.output) /
    TOKENS_PER_PRICE
  );
}
