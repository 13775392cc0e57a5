import type { LimitFunction } from 'p-limit';
import type { Logger } from '../shared/telemetry/logger.ts';
import type { Metrics } from '../shared/telemetry/metrics.ts';
import type { SlotTransactions } from '../shared/transactions/slot-transactions.ts';
import type { DecodedPopulation } from './decoded-populations.ts';
import type { Backoff } from './llm/backoff.ts';
import type { ModelGateway } from './llm/model-gateway.ts';

/** What a slot is run with. */
export interface SlotDependencies {
  readonly population: DecodedPopulation;
  readonly transactions: SlotTransactions;
  readonly model: Pick<ModelGateway, 'complete'>;
  /** Places at the model, shared by all slots of the process. */
  readonly permits: LimitFunction;
  /** Once it aborts no call is begun and no backoff waited for; calls in flight go on until `signal` aborts. */
  readonly stopping: AbortSignal;
  /** Pauses the population: no call can succeed until a person acts. */
  readonly pause: (reason: string) => Promise<unknown>;
  readonly backoff: Backoff;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** How a slot's run ended. `left`: it is still open, because of a pause, a cancellation or a stop. */
export type SlotOutcome = 'committed' | 'replayed' | 'failed' | 'left';
