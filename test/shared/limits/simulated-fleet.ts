import type { TestContext } from 'node:test';
import { createKeys } from '../../../src/shared/keys.ts';
import { createLedger } from '../../../src/shared/limits/ledger.ts';
import type { CallOutcome } from '../../../src/worker/llm/limiter.ts';
import {
  type Ask,
  createExchange,
  type ExchangeMessage,
  type ExchangeReply,
  type ScopeConfig,
} from '../../../src/worker/llm/limiter-exchange.ts';
import { connect, testPrefix } from '../../support/redis.ts';

export const SCOPE = 'scope';
export const START_MS = 1_700_000_000_000;

const DEFAULTS: Omit<ScopeConfig, 'process'> = {
  scope: SCOPE,
  description: JSON.stringify({ model: 'm', endpoint: 'host', windowMs: 60_000 }),
  windowMs: 60_000,
  guardMs: 500,
  burst: 0.05,
  requests: 0,
  tokens: 0,
  charge: 'used',
  lifetimeMs: 130_000,
  unreachableMs: 120_000,
  fleetBudget: {},
  backoff: { baseMs: 500, maxMs: 30_000 },
};

/** One process of a fleet on a clock that stands until it is moved. */
export interface SimulatedProcess {
  /** Says it twice when the fleet `repeats`, and gives what the second reply adds up to with the first. */
  exchange(message?: Partial<Omit<ExchangeMessage, 'number' | 'confirmed'>>): Promise<ExchangeReply>;
  /** Asks for one call; resolves with whether it was let through. */
  ask(ask?: Partial<Ask>): Promise<boolean>;
  settle(id: string, outcome: CallOutcome): Promise<ExchangeReply>;
}

export type SimulatedFleet = Awaited<ReturnType<typeof simulatedFleet>>;

/** The scripts on keys of the test's own, with a clock of its own. With `repeats` every message is sent twice. */
export async function simulatedFleet(t: TestContext, options: { repeats?: boolean } = {}) {
  const redis = await connect(t);
  const keys = createKeys(testPrefix(t));
  const clock = { nowMs: START_MS };
  const process = (name: string, config: Partial<ScopeConfig> = {}): SimulatedProcess => {
    const exchange = createExchange({
      redis,
      keys,
      config: { ...DEFAULTS, ...config, process: name },
      now: () => clock.nowMs,
    });
    let number = 0;
    const said: SimulatedProcess = {
      async exchange(message = {}) {
        number += 1;
        const said = { random: 0.5, settlements: [], asks: [], cancelled: [], ...message };
        const full = { number, confirmed: number - 1, ...said };
        const reply = await exchange(full);
        return options.repeats ? exchange(full) : reply;
      },
      async ask(given = {}) {
        const ask = askFor(given);
        const { granted } = await said.exchange({ asks: [ask] });
        return granted.some(([id]) => id === ask.id);
      },
      settle: (id, outcome) => said.exchange({ settlements: [{ id, outcome }] }),
    };
    return said;
  };
  return { redis, keys, clock, process, ledger: createLedger(redis, keys), scope: keys.limits.scope(SCOPE) };
}

let calls = 0;

/** Of every call; the rest is its answer. */
const PROMPT_TOKENS = 1;

export function askFor(given: Partial<Ask> = {}): Ask {
  calls += 1;
  const { tokens = 100 } = given;
  const room = Math.max(0, tokens - PROMPT_TOKENS);
  return { id: `call-${calls}`, account: 'sim/p', kind: 'calls', tokens, room, nanoDollars: 1_000, ...given };
}

export function answered(
  tokens: number,
  more: Partial<CallOutcome & { kind: 'answered' }> = {},
): CallOutcome {
  const promptTokens = Math.min(tokens, PROMPT_TOKENS);
  const completionTokens = tokens - promptTokens;
  return {
    kind: 'answered',
    usage: { promptTokens, cachedTokens: 0, cacheWriteTokens: 0, completionTokens },
    nanoDollars: tokens,
    latencyMs: 100,
    ...more,
  };
}
