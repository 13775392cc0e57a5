import { costInDollars, type ModelPrice, type Prices, type TokenCounts } from '../../shared/models/prices.ts';
import type { PersonRecord } from '../../shared/person/person-record.ts';
import type { PopulationStatus } from '../../shared/transactions/populations.ts';

/** `simulated`: nothing was paid. `unknown`: no price is on the list for a model that was used. */
export type Cost =
  | { readonly kind: 'dollars'; readonly dollars: number }
  | { readonly kind: 'simulated' | 'unknown' };

export interface ModelUsage {
  readonly model: string;
  readonly people: number;
  readonly tokens: TokenCounts;
  readonly cost: Cost;
  /** null where nothing was paid, or the list has no price. */
  readonly price: ModelPrice | null;
}

export interface UsageReport {
  /** Of the calls of the runs that committed a person. */
  readonly models: readonly ModelUsage[];
  readonly perPerson: TokenCounts | null;
  /** Of every answered call: failed slots, retries and crashed runs included. */
  readonly total: {
    readonly calls: number;
    /** Calls that mended part of an answer; null where the population's counters do not tell them apart. */
    readonly repairCalls: number;
    readonly tokens: TokenCounts;
    readonly cost: Cost;
  };
  readonly pricesAsOf: string;
}

export interface UsageTally {
  add(record: PersonRecord): void;
  report(status: PopulationStatus, prices: Prices): UsageReport;
}

export function createUsageTally(): UsageTally {
  const models = new Map<
    string,
    { model: string; simulated: boolean; people: number; tokens: TokenCounts }
  >();
  return {
    add({ model, simulated, tokens }) {
      const key = JSON.stringify([model, simulated]);
      const known = models.get(key) ?? { model, simulated, people: 0, tokens: none };
      models.set(key, { ...known, people: known.people + 1, tokens: sum(known.tokens, tokens) });
    },
    report(status, prices) {
      const used = [...models.values()];
      const people = used.reduce((count, model) => count + model.people, 0);
      const all = used.reduce((tokens, model) => sum(tokens, model.tokens), none);
      const total = {
        prompt: status.promptTokens,
        cached: status.cachedTokens,
        completion: status.completionTokens,
      };
      const totalCost = (): Cost => {
        const [only] = used;
        if (status.calls === 0) return { kind: 'dollars', dollars: 0 };
        if (only !== undefined && used.length === 1) return costOf(prices, only.model, only.simulated, total);
        return {
          kind: used.length > 0 && used.every(({ simulated }) => simulated) ? 'simulated' : 'unknown',
        };
      };
      return {
        models: used.map(({ model, simulated, people: count, tokens }) => {
          const price = simulated ? null : (prices.of(model) ?? null);
          return { model, people: count, tokens, cost: costOf(prices, model, simulated, tokens), price };
        }),
        perPerson: people === 0 ? null : perPerson(all, people),
        total: {
          calls: status.calls,
          repairCalls: status.repairCalls,
          tokens: total,
          // The counters do not say which model used what.
          cost: totalCost(),
        },
        pricesAsOf: prices.asOf,
      };
    },
  };
}

const none: TokenCounts = { prompt: 0, cached: 0, completion: 0 };

function sum(a: TokenCounts, b: TokenCounts): TokenCounts {
  return {
    prompt: a.prompt + b.prompt,
    cached: a.cached + b.cached,
    completion: a.completion + b.completion,
  };
}

function perPerson({ prompt, cached, completion }: TokenCounts, people: number): TokenCounts {
  return { prompt: prompt / people, cached: cached / people, completion: completion / people };
}

function costOf(prices: Prices, model: string, simulated: boolean, tokens: TokenCounts): Cost {
  if (simulated) return { kind: 'simulated' };
  const price = prices.of(model);
  return price === undefined
    ? { kind: 'unknown' }
    : { kind: 'dollars', dollars: costInDollars(price, tokens) };
}
