import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Every metric, in one place. Names and units follow Prometheus' conventions; labels come from closed sets, never
 * from job ids, names or error texts. Counters are this process' own: fleet totals live in Redis.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly slots: Counter<'outcome' | 'reason'>;
  readonly modelRequests: Counter<'model' | 'outcome'>;
  readonly modelRequestSeconds: Histogram<'model'>;
  readonly modelRequestsInFlight: Gauge;
  readonly modelWaitSeconds: Counter;
  readonly limiterWaitSeconds: Histogram<'model'>;
  readonly limiterExchanges: Counter<'model' | 'outcome'>;
  readonly stalePermits: Counter<'model'>;
  readonly limitUtilisation: Gauge<'model' | 'resource'>;
  readonly fleetPaused: Gauge<'model'>;
  readonly lostCalls: Counter<'model'>;
  readonly tokens: Counter<'model' | 'type'>;
  readonly repairCalls: Counter<'outcome'>;
  readonly names: Counter<'outcome'>;
  readonly locksLost: Counter;
  readonly jobs: Counter<'outcome'>;
}

/** prom-client's default buckets stop at 10 s; a model call may take minutes. 0.16 s doubled up to 655 s. */
const MODEL_SECONDS = Array.from({ length: 13 }, (_, doublings) => 0.16 * 2 ** doublings);

/** From a round trip to Redis to minutes of a Retry-After: 1 ms, times 4, up to 262 s. */
const LIMITER_WAIT_SECONDS = Array.from({ length: 10 }, (_, times) => 0.001 * 4 ** times);

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    slots: new Counter({
      name: 'persona_fleet_slots_total',
      help: 'Slots this worker settled, by outcome (committed, replayed, failed) and reason of failure.',
      labelNames: ['outcome', 'reason'],
      registers,
    }),
    modelRequests: new Counter({
      name: 'persona_fleet_model_requests_total',
      help: 'Model requests that ended, by model and outcome ("ok" or the reason of failure).',
      labelNames: ['model', 'outcome'],
      registers,
    }),
    modelRequestSeconds: new Histogram({
      name: 'persona_fleet_model_request_duration_seconds',
      help: 'Time from sending a model request to having read its whole answer or error.',
      labelNames: ['model'],
      buckets: MODEL_SECONDS,
      registers,
    }),
    modelRequestsInFlight: new Gauge({
      name: 'persona_fleet_model_requests_in_flight',
      help: 'Model requests this worker is waiting for.',
      registers,
    }),
    modelWaitSeconds: new Counter({
      name: 'persona_fleet_model_wait_seconds_total',
      help: 'Time slots of this worker waited because the provider asked for time or a call had failed.',
      registers,
    }),
    limiterWaitSeconds: new Histogram({
      name: 'persona_fleet_limiter_wait_seconds',
      help: 'Time model calls of this worker waited for the rate limits, a budget, or the provider.',
      labelNames: ['model'],
      buckets: LIMITER_WAIT_SECONDS,
      registers,
    }),
    limiterExchanges: new Counter({
      name: 'persona_fleet_limiter_exchanges_total',
      help: 'Round trips of this worker to the rate budget in Redis, by outcome (ok, failed).',
      labelNames: ['model', 'outcome'],
      registers,
    }),
    stalePermits: new Counter({
      name: 'persona_fleet_stale_permits_total',
      help: 'Permits that this worker gave back because they had grown too old before their request could be sent.',
      labelNames: ['model'],
      registers,
    }),
    limitUtilisation: new Gauge({
      name: 'persona_fleet_limit_utilisation_ratio',
      help: "Share of the provider's limit that the fleet uses, by resource (requests, tokens): take the max over workers.",
      labelNames: ['model', 'resource'],
      registers,
    }),
    fleetPaused: new Gauge({
      name: 'persona_fleet_paused',
      help: '1 while no call of the model is let through until a person acts: take the max over workers.',
      labelNames: ['model'],
      registers,
    }),
    lostCalls: new Counter({
      name: 'persona_fleet_lost_calls_total',
      help: 'Model calls of this worker whose reply was lost; counted with the most they can have used.',
      labelNames: ['model'],
      registers,
    }),
    tokens: new Counter({
      name: 'persona_fleet_model_tokens_total',
      help: 'Tokens of answered model requests, by model and type (prompt, cached, completion); prompt includes cached.',
      labelNames: ['model', 'type'],
      registers,
    }),
    repairCalls: new Counter({
      name: 'persona_fleet_repair_calls_total',
      help: 'Repair calls this worker made, by outcome: mended, unmended (still at fault), or failed (no usable answer).',
      labelNames: ['outcome'],
      registers,
    }),
    names: new Counter({
      name: 'persona_fleet_names_total',
      help: 'Name candidates by outcome: reserved, or taken by another transaction.',
      labelNames: ['outcome'],
      registers,
    }),
    locksLost: new Counter({
      name: 'persona_fleet_job_locks_lost_total',
      help: 'Jobs whose lock this worker could not renew; their work was aborted here and goes on elsewhere.',
      registers,
    }),
    jobs: new Counter({
      name: 'persona_fleet_jobs_total',
      help: 'Jobs this worker ended, by outcome (completed, returned, failed).',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
