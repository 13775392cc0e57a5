import type { Keys } from '../keys.ts';
import type { Redis } from '../redis.ts';

/**
 * What the model calls of an account took: moved by the script that settles each call, once, and nowhere else. So it
 * agrees with the provider's own count, whatever was repeated, crashed or replayed.
 */
export interface Spend {
  /** Requests that have ended and asked for something new; error replies and lost ones included. */
  readonly calls: number;
  /** Requests that have ended and asked for parts of an answer again; not among `calls`. */
  readonly repairCalls: number;
  /** Of both, those whose reply was lost (timeout, reset, a worker that died): what they used is not known. */
  readonly lostCalls: number;
  /** Requests that have been let through and have not ended. A worker that died leaves its own here until they are given up. */
  readonly inFlight: number;
  readonly promptTokens: number;
  /** Read from the provider's prompt cache; part of `promptTokens`. */
  readonly cachedTokens: number;
  /** Written to the provider's prompt cache, where it charges for that; part of `promptTokens`. */
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  /** The most that the lost calls can have used, prompt and completion together; not among the tokens above. */
  readonly lostTokens: number;
  /** What all of it cost, in US dollars × 10⁻⁹, the most that lost calls can have cost included. */
  readonly nanoDollars: number;
  /** Calls that used tokens of a model without a known price: where there are any, `nanoDollars` is not the whole cost. */
  readonly unpricedCalls: number;
}

/** The most an account may spend; a limit that is absent is none. */
export interface Budget {
  readonly nanoDollars?: number | undefined;
  /** Prompt and completion tokens together. */
  readonly tokens?: number | undefined;
}

export interface Ledger {
  spendOf(account: string): Promise<Spend>;
  budgetOf(account: string): Promise<Budget>;
  /** Replaces the budget. It is read by every call that begins afterwards. */
  setBudget(account: string, budget: Budget): Promise<void>;
  /**
   * Forgets what an account spent, and its budget. The fleet's own total stays, and so do the account's calls in flight: they
   * are counted when they end.
   */
  forget(account: string): Promise<void>;
}

/** In the order in which a reading lists them. */
export const spendFields = [
  'calls',
  'repairCalls',
  'lostCalls',
  'inFlight',
  'promptTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'completionTokens',
  'lostTokens',
  'nanoDollars',
  'unpricedCalls',
] as const satisfies readonly (keyof Spend)[];

/** Fields of the ledger's one hash: `<account>:<field>`. The script of the limiter moves them by the same names. */
const budgetFields = ['budget:nanoDollars', 'budget:tokens'] as const;
/** Besides, `held:nanoDollars` and `held:tokens`: the most that the calls in flight can use. Only the script needs to know. */
const inFlight = 'inFlight' satisfies keyof Spend;

export function createLedger(redis: Redis, keys: Keys): Ledger {
  const { ledger } = keys.limits;
  return {
    async spendOf(account) {
      const values = await redis.hmget(ledger, ...spendFields.map((field) => `${account}:${field}`));
      const entries = spendFields.map((field, index) => [field, Number(values[index] ?? 0)] as const);
      return Object.fromEntries(entries) as Record<keyof Spend, number>;
    },
    async budgetOf(account) {
      const [nanoDollars, tokens] = await redis.hmget(
        ledger,
        ...budgetFields.map((field) => `${account}:${field}`),
      );
      return {
        nanoDollars: nanoDollars ? Number(nanoDollars) : undefined,
        tokens: tokens ? Number(tokens) : undefined,
      };
    },
    async setBudget(account, { nanoDollars, tokens }) {
      await redis.hset(ledger, {
        [`${account}:${budgetFields[0]}`]: nanoDollars ?? '',
        [`${account}:${budgetFields[1]}`]: tokens ?? '',
      });
    },
    async forget(account) {
      const fields = [...spendFields, ...budgetFields].filter((field) => field !== inFlight);
      await redis.hdel(ledger, ...fields.map((field) => `${account}:${field}`));
    },
  };
}
