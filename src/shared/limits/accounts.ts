/**
 * Whom a model call is charged to. Every call belongs to one of these and to the fleet as a whole.
 *
 * An account is a name in the ledger (see `ledger.ts`). A population's id is hexadecimal, so that `planning` is none.
 */
export const FLEET_ACCOUNT = 'fleet';

export function populationAccount(simulation: string, population: string): string {
  return `${simulation}/${population}`;
}

/** The questions that come before a simulation's populations: dimensions, factories. */
export function planningAccount(simulation: string): string {
  return `${simulation}/planning`;
}

/** Asks for something new, or for the parts of an answer that cannot be used. */
export const CallKind = { calls: 'calls', repairCalls: 'repairCalls' } as const;
export type CallKind = (typeof CallKind)[keyof typeof CallKind];
