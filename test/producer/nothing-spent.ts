import type { Spend } from '../../src/shared/limits/ledger.ts';

export const NOTHING_SPENT: Spend = {
  calls: 0,
  repairCalls: 0,
  lostCalls: 0,
  inFlight: 0,
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  completionTokens: 0,
  lostTokens: 0,
  nanoDollars: 0,
  unpricedCalls: 0,
};
