import type { PopulationStatus } from '../../src/shared/transactions/populations.ts';
import { NOTHING_SPENT } from '../producer/nothing-spent.ts';

/** A population that is like any other, but for what a test is about. */
export function statusOf(changes: Partial<PopulationStatus> = {}): PopulationStatus {
  return {
    ...NOTHING_SPENT,
    population: 'ab12ab12ab12ab12ab12ab12',
    simulation: 'sim',
    state: 'running',
    reason: '',
    reasonCode: '',
    size: 10,
    extents: [10],
    stateDigest: 'cd34cd34cd34cd34',
    committed: 0,
    failed: 0,
    failedByReason: {},
    pruned: 0,
    lastCommitMs: undefined,
    budget: {},
    labels: { model: 'm' },
    ...changes,
  };
}
