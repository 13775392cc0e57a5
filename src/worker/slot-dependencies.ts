import type { Logger } from '../shared/telemetry/logger.ts';
import type { WorkerMetrics } from '../shared/telemetry/metrics.ts';
import type { Tracing } from '../shared/telemetry/tracing.ts';
import type { SlotTransactions } from '../shared/transactions/slot-transactions.ts';
import type { ModelPlaces } from './call-model.ts';
import type { DecodedPopulation } from './decoded-populations.ts';
import type { Backoff } from './llm/backoff.ts';

/**
 * What a slot is run with. Once `stopping` aborts no call is begun and no backoff waited for, while calls in flight go on;
 * `onPause` pauses the population.
 */
export interface SlotDependencies extends ModelPlaces {
  readonly population: DecodedPopulation;
  /** Whom its calls are charged to. */
  readonly account: string;
  readonly transactions: SlotTransactions;
  readonly backoff: Backoff;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
  readonly logger: Logger;
}

/** How a slot's run ended. `left`: it is still open, because of a pause, a cancellation or a stop. */
export type SlotOutcome = 'committed' | 'replayed' | 'failed' | 'left';

/** What a run finds when others have been there: its slot is settled, or its population is not under way. */
export type FoundEnd = 'committed' | 'failed' | 'paused' | 'cancelled' | 'unknown-population';

export function outcomeOf(found: FoundEnd): SlotOutcome {
  switch (found) {
    case 'committed':
      return 'replayed';
    case 'failed':
      return 'failed';
    case 'paused':
    case 'cancelled':
    case 'unknown-population':
      return 'left';
    default: {
      const never: never = found;
      throw new Error(`unknown end ${never}`);
    }
  }
}
