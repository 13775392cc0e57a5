import { Registry } from 'prom-client';
import { createBoundedLabel } from './bounded-label.ts';
import { FAILURE_REASONS } from './failure-reasons.ts';
import { collectProcessMetrics, metricsOf } from './metric-family.ts';

/**
 * Every metric, in one place: what each worker says of itself, and what the exporter says of the fleet.
 *
 * Names and units follow Prometheus' conventions. Labels come from closed sets, or through `bounded-label.ts` where users name
 * things; never from job ids, people or error texts. A worker's counters are its own and go with it: totals of the fleet
 * live in Redis, and the exporter alone tells them, so that no sum multiplies by replicas.
 */
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;
export type ProcessesMetrics = ReturnType<typeof createProcessesMetrics>;
export type FleetMetrics = ReturnType<typeof createFleetMetrics>;

/** prom-client's default buckets stop at 10 s; a model call may take minutes. 0.16 s doubled up to 655 s. */
const MODEL_SECONDS = Array.from({ length: 13 }, (_, doublings) => 0.16 * 2 ** doublings);

/** From a round trip to Redis to minutes of a Retry-After: 1 ms, times 4, up to 262 s. */
const LIMITER_WAIT_SECONDS = Array.from({ length: 10 }, (_, times) => 0.001 * 4 ** times);

/** A command takes 0.1 ms on a healthy server near by; from 1 s on something is wrong. */
const REDIS_SECONDS = Array.from({ length: 8 }, (_, times) => 0.000_25 * 4 ** times);

/** Whether a worker makes progress, and when it last did; see `worker/progress-watch.ts`. */
export interface WorkerProgress {
  readonly healthy: boolean;
  readonly lastProgressMs: number;
}

/**
 * What a worker process serves on its own `/metrics`. Series of closed label sets begin at 0, or the first event of each would be no
 * increase to Prometheus; those of a model begin at 0 when `modelLabel` first hears of it.
 */
export function createWorkerMetrics() {
  const { registry, counter, gauge, readGauge, histogram } = metricsOf(new Registry());
  collectProcessMetrics(registry);
  let progress = (): WorkerProgress => ({ healthy: true, lastProgressMs: Date.now() });
  const metrics = {
    registry,
    build: gauge('build_info', '1, with the release and the Node it runs on.', ['version', 'node']),
    slots: counter(
      'slots_total',
      'Slots this worker settled, by outcome (committed, replayed, failed) and reason of failure.',
      ['outcome', 'reason'],
    ),
    transactions: counter(
      'transactions_total',
      'Transactions this worker looked up, by kind (slot, call) and outcome: hit (it was settled before) or miss.',
      ['kind', 'outcome'],
    ),
    modelRequests: counter(
      'model_requests_total',
      'Model requests that ended, by model and outcome ("ok", "aborted" by this worker, or the reason of failure).',
      ['model', 'outcome'],
    ),
    modelRequestSeconds: histogram(
      'model_request_duration_seconds',
      'Time from sending a model request to having read its whole answer or error.',
      ['model'],
      MODEL_SECONDS,
    ),
    modelRequestsInFlight: gauge('model_requests_in_flight', 'Model requests this worker is waiting for.'),
    concurrency: gauge('concurrency', 'Model requests this worker has in flight at the most.'),
    modelRetries: counter(
      'model_retries_total',
      'Calls that this worker makes again after a failure, by the reason of the failure.',
      ['reason'],
    ),
    modelWaitSeconds: counter(
      'model_wait_seconds_total',
      'Time slots of this worker waited because the provider asked for time or a call had failed.',
    ),
    limiterWaitSeconds: histogram(
      'limiter_wait_seconds',
      'Time model calls of this worker waited for the rate limits, a budget, or the provider.',
      ['model'],
      LIMITER_WAIT_SECONDS,
    ),
    limiterExchanges: counter(
      'limiter_exchanges_total',
      'Round trips of this worker to the rate budget in Redis, by outcome (ok, failed).',
      ['model', 'outcome'],
    ),
    stalePermits: counter(
      'stale_permits_total',
      'Permits that this worker gave back because they had grown too old before their request could be sent.',
      ['model'],
    ),
    limitUtilisation: gauge(
      'limit_utilisation_ratio',
      "Share of the provider's limit that the fleet uses, by resource (requests, tokens), while this worker calls the model: take the max over workers.",
      ['model', 'resource'],
    ),
    lostCalls: counter(
      'lost_calls_total',
      'Model calls of this worker whose reply was lost; counted with the most they can have used.',
      ['model'],
    ),
    tokens: counter(
      'model_tokens_total',
      'Tokens of answered model requests, by type (prompt, cached, cache_write, completion); prompt includes the cached ones.',
      ['model', 'type'],
    ),
    dollars: counter(
      'model_cost_dollars_total',
      'What answered model requests cost, in US dollars, for models with a known price.',
      ['model'],
    ),
    repairCalls: counter(
      'repair_calls_total',
      'Repair calls this worker made, by outcome: mended, unmended (still at fault), or failed (no usable answer).',
      ['outcome'],
    ),
    names: counter('names_total', 'Name candidates by outcome: reserved, or taken by another transaction.', [
      'outcome',
    ]),
    locksLost: counter(
      'job_locks_lost_total',
      'Jobs whose lock this worker could not renew; their work was aborted here and goes on elsewhere.',
    ),
    jobs: counter('jobs_total', 'Jobs this worker ended, by outcome (completed, returned, failed).', [
      'outcome',
    ]),
    healthy: readGauge(
      'worker_healthy',
      '0 while work that could go on makes no progress; what /healthz says.',
      () => Number(progress().healthy),
    ),
    lastProgress: readGauge(
      'worker_last_progress_timestamp_seconds',
      'When work of this worker last made progress; while it is idle that is now.',
      () => progress().lastProgressMs / 1000,
    ),
    redisSeconds: histogram(
      'redis_command_duration_seconds',
      'Time from sending a command to Redis to its reply, by command, or by script for ours.',
      ['command'],
      REDIS_SECONDS,
    ),
  };
  startAtZero(metrics);
  return {
    ...metrics,
    /** The value of every label `model`: specs can name any. */
    modelLabel: createBoundedLabel({ onNew: (model) => startModelAtZero(metrics, model) }),
    /** Where `healthy` and `lastProgress` come from, whenever they are asked for. */
    watchProgress(read: () => WorkerProgress): void {
      progress = read;
    },
  };
}

function startAtZero(
  metrics: Pick<WorkerMetrics, 'slots' | 'modelRetries' | 'transactions' | 'repairCalls' | 'names' | 'jobs'>,
) {
  for (const reason of FAILURE_REASONS) {
    metrics.slots.inc({ outcome: 'failed', reason }, 0);
    metrics.modelRetries.inc({ reason }, 0);
  }
  for (const outcome of ['committed', 'replayed']) metrics.slots.inc({ outcome, reason: '' }, 0);
  for (const kind of ['slot', 'call']) {
    for (const outcome of ['hit', 'miss']) metrics.transactions.inc({ kind, outcome }, 0);
  }
  for (const outcome of ['mended', 'unmended', 'failed']) metrics.repairCalls.inc({ outcome }, 0);
  for (const outcome of ['reserved', 'taken']) metrics.names.inc({ outcome }, 0);
  for (const outcome of ['completed', 'returned', 'failed']) metrics.jobs.inc({ outcome }, 0);
}

function startModelAtZero(
  metrics: Pick<
    WorkerMetrics,
    'modelRequests' | 'limiterExchanges' | 'stalePermits' | 'lostCalls' | 'tokens' | 'dollars'
  >,
  model: string,
) {
  for (const outcome of ['ok', 'aborted', 'rate_limited']) metrics.modelRequests.inc({ model, outcome }, 0);
  for (const outcome of ['ok', 'failed']) metrics.limiterExchanges.inc({ model, outcome }, 0);
  for (const type of ['prompt', 'cached', 'cache_write', 'completion'])
    metrics.tokens.inc({ model, type }, 0);
  for (const metric of [metrics.stalePermits, metrics.lostCalls, metrics.dollars]) metric.inc({ model }, 0);
}

/**
 * What `worker --processes` adds to the metrics of its processes, which have the label `process` there. Nothing of its own process:
 * it does no work.
 */
export function createProcessesMetrics() {
  const { registry, counter, gauge } = metricsOf(new Registry());
  return {
    registry,
    up: gauge(
      'worker_process_up',
      '1 when the worker process answered this scrape; its other series are absent when it did not.',
      ['process'],
    ),
    restarts: counter('worker_process_restarts_total', 'Times that a worker process died or did not start.', [
      'process',
    ]),
  };
}

/**
 * What the exporter serves: the fleet as it stands in Redis. All of it is read anew for every scrape; counters are set to what
 * Redis has counted.
 */
export function createFleetMetrics() {
  const { registry, counter, gauge } = metricsOf(new Registry());
  collectProcessMetrics(registry);
  const ofPopulation = ['simulation', 'population'] as const;
  const ofScope = ['model', 'server', 'scope'] as const;
  return {
    registry,
    build: gauge('exporter_build_info', '1, with the release and the Node it runs on.', ['version', 'node']),
    collectSeconds: gauge('exporter_collect_duration_seconds', 'Time it took to read the fleet from Redis.'),
    populationsLeftOut: gauge(
      'exporter_populations_left_out',
      'Populations without series of their own, as there are too many; totals include them.',
    ),
    populationsUnreadable: gauge(
      'exporter_populations_unreadable',
      'Populations whose keys in Redis hold what this release cannot read; totals leave them out.',
    ),
    readOk: gauge(
      'exporter_read_ok',
      '1 when the fleet could be read for this scrape; its series are absent when it could not, or took too long.',
    ),

    queueJobs: gauge('queue_jobs', 'Jobs by state (waiting, prioritized, active, delayed, failed).', [
      'queue',
      'state',
    ]),
    queueOldestWaitingSeconds: gauge(
      'queue_oldest_waiting_age_seconds',
      'Time since the job that is next in line was enqueued, or the one that is next by priority; 0 when none waits.',
      ['queue'],
    ),
    queueWorkers: gauge('queue_workers', 'Worker processes connected to the queue.', ['queue']),

    populations: gauge('populations', 'Populations by state.', ['state']),
    committed: counter(
      'people_committed_total',
      'People committed, of all populations, forgotten ones included.',
    ),
    failed: gauge('people_failed', 'Slots that were given up and not opened again, by reason.', ['reason']),
    open: gauge('people_open', 'Slots still to be generated, of populations that are planned or running.'),
    lastCommit: gauge(
      'last_commit_timestamp_seconds',
      'When somebody was committed last; 0 before the first.',
    ),
    commitRate: gauge('commit_rate', 'People committed per second, over the last minute.'),
    names: gauge('names', 'Names that are taken, reserved ones included, of all simulations.'),
    results: gauge('results', 'Results that Redis holds: committed people that were not pruned.'),
    pruned: counter(
      'results_pruned_total',
      'Results that left Redis for a file, those of forgotten populations included.',
    ),

    calls: counter(
      'calls_total',
      'Model calls that ended, of all populations and plans, by kind: person, repair. Lost ones included.',
      ['kind'],
    ),
    callsLost: counter('calls_lost_total', 'Of these, calls whose reply was lost.'),
    callsInFlight: gauge('calls_in_flight', 'Model calls that were let through and have not ended.'),
    tokens: counter(
      'tokens_total',
      'Tokens of all model calls, by type (prompt, cached, cache_write, completion, lost); prompt includes the cached ones.',
      ['type'],
    ),
    dollars: counter(
      'spent_dollars_total',
      'What all model calls cost, in US dollars, the most of lost ones.',
    ),
    callsUnpriced: counter(
      'calls_unpriced_total',
      'Calls of models without a known price: not in the dollars.',
    ),
    budgetDollars: gauge(
      'budget_dollars',
      'What all populations together may cost, in US dollars, if limited.',
    ),
    budgetTokens: gauge('budget_tokens', 'Tokens that all populations together may use, if limited.'),

    populationInfo: gauge('population_info', '1, with what a population is called and which model it asks.', [
      ...ofPopulation,
      'name',
      'model',
    ]),
    populationState: gauge(
      'population_state',
      '1 for the state that the population is in, 0 for the others.',
      [...ofPopulation, 'state'],
    ),
    populationPaused: gauge('population_paused', '1 while it is paused, by reason.', [
      ...ofPopulation,
      'reason',
    ]),
    populationSize: gauge('population_size', 'People that are wanted.', ofPopulation),
    populationCommitted: counter('population_committed_total', 'People committed.', ofPopulation),
    populationFailed: gauge('population_failed', 'Slots that were given up, by reason.', [
      ...ofPopulation,
      'reason',
    ]),
    populationRate: gauge(
      'population_commit_rate',
      'People committed per second, over the last minute.',
      ofPopulation,
    ),
    populationEta: gauge(
      'population_eta_seconds',
      'Time to the end at the rate of the last minute; absent while nobody is committed.',
      ofPopulation,
    ),
    populationLastCommit: gauge(
      'population_last_commit_timestamp_seconds',
      'When somebody was committed last.',
      ofPopulation,
    ),
    populationCalls: counter('population_calls_total', 'Model calls that ended, by kind: person, repair.', [
      ...ofPopulation,
      'kind',
    ]),
    populationTokens: counter('population_tokens_total', 'Tokens of its model calls, by type.', [
      ...ofPopulation,
      'type',
    ]),
    populationDollars: counter(
      'population_spent_dollars_total',
      'What its model calls cost, in US dollars.',
      ofPopulation,
    ),
    populationBudgetDollars: gauge(
      'population_budget_dollars',
      'What it may cost, in US dollars, if limited.',
      ofPopulation,
    ),
    populationBudgetTokens: gauge('population_budget_tokens', 'Tokens it may use, if limited.', ofPopulation),

    rateLimit: gauge(
      'rate_limit',
      "The provider's limit within one window, by resource (requests, tokens).",
      [...ofScope, 'resource'],
    ),
    rateLimitUsed: gauge('rate_limit_used', 'What of it counts as used now, calls in flight included.', [
      ...ofScope,
      'resource',
    ]),
    rateLimitWaiting: gauge('rate_limit_waiting_calls', 'Calls that wait to be let through.', ofScope),
    rateLimitInFlight: gauge('rate_limit_calls_in_flight', 'Calls that were let through.', ofScope),
    rateLimitPaused: gauge(
      'rate_limit_paused',
      '1 while no call is let through until a person acts, by reason (quota, credentials, …).',
      [...ofScope, 'reason'],
    ),
    rateLimitBackoff: gauge(
      'rate_limit_backoff_seconds',
      'How long all calls wait from now on, by reason (rate_limited, failing, unreachable).',
      [...ofScope, 'reason'],
    ),

    redisUp: gauge('redis_up', '1 when Redis answered a PING for this scrape.'),
    redisMemoryUsed: gauge('redis_memory_used_bytes', "Redis' used_memory."),
    redisMemoryMax: gauge('redis_memory_max_bytes', "Redis' maxmemory; absent when it is not limited."),
    redisAofEnabled: gauge('redis_aof_enabled', '1 when the append-only file is on.'),
    redisAofOk: gauge('redis_aof_last_write_ok', '1 unless the last write to the append-only file failed.'),
    redisAofRewriteOk: gauge('redis_aof_last_rewrite_ok', '1 unless its last rewrite failed.'),
    redisEvicts: gauge('redis_evicts', '1 when the server may evict keys: it must be noeviction.'),
    redisRoundTrip: gauge('redis_round_trip_seconds', 'Time of one PING from the exporter.'),
  };
}
