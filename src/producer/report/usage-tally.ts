import {
  costInDollars,
  type ModelPrice,
  NANO,
  type Prices,
  type TokenCounts,
} from '../../shared/models/prices.ts';
import type { PersonRecord } from '../../shared/person/person-record.ts';
import type { PopulationStatus } from '../../shared/transactions/populations.ts';

/** `simulated`: nothing was paid. `unknown`: no price is known for a model that was used. */
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
    /** Calls that mended part of an answer; not among `calls`. */
    readonly repairCalls: number;
    readonly tokens: TokenCounts;
    /** Calls, among all of these, whose reply was lost: what they used is not known, and not in `tokens`. */
    readonly lostCalls: number;
    /** The most that lost calls can have used. */
    readonly lostTokens: number;
    /** As it was counted call by call; the most that lost ones can have cost is part of it. */
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
        ...(status.cacheWriteTokens > 0 && { cacheWrite: status.cacheWriteTokens }),
        completion: status.completionTokens,
      };
      const isSimulated = people > 0 && used.every(({ simulated }) => simulated);
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
          lostCalls: status.lostCalls,
          lostTokens: status.lostTokens,
          cost: isSimulated ? { kind: 'simulated' } : totalCost(status, people),
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

/** What the ledger says. People without calls are those of a release that kept no ledger. */
function totalCost({ calls, nanoDollars, unpricedCalls }: PopulationStatus, people: number): Cost {
  if (unpricedCalls > 0 || (calls === 0 && people > 0)) return { kind: 'unknown' };
  return { kind: 'dollars', dollars: nanoDollars / NANO };
}

function costOf(prices: Prices, model: string, simulated: boolean, tokens: TokenCounts): Cost {
  if (simulated) return { kind: 'simulated' };
  const price = prices.of(model);
  return price === undefined
    ? { kind: 'unknown' }
    : { kind: 'dollars', dollars: costInDollars(price, tokens) };
}
