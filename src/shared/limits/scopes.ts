import type { Keys } from '../keys.ts';
import type { Redis } from '../redis.ts';
import { readScopeDescription } from './scope-description.ts';
import { limitScriptsOf } from './scripts.ts';

/** Why all calls of a scope wait for now: a 429, failures in a row, no connection. */
export type WaitReason = 'rate_limited' | 'failing' | 'unreachable';

export interface LimitStatus {
  /** Within one window. */
  readonly limit: number;
  /** Who says so: the workers' configuration (the lowest counts), or the provider's headers. */
  readonly from: 'configured' | 'learnt';
  /** What of it counts as used at this moment, calls in flight included. */
  readonly used: number;
}

/** Where a provider's limits for one model and key stand. */
export interface ScopeStatus {
  readonly id: string;
  readonly model: string;
  /** Host, and port where one is given. */
  readonly endpoint: string;
  readonly windowMs: number;
  /** No call is let through until a person acts; undefined when that is not so. */
  readonly pausedReason: string | undefined;
  readonly pausedMessage: string | undefined;
  /** By Redis' clock; undefined when nothing is waited for. */
  readonly waitingUntilMs: number | undefined;
  readonly waitReason: WaitReason | undefined;
  /** undefined: not known. */
  readonly requests: LimitStatus | undefined;
  readonly tokens: LimitStatus | undefined;
  readonly waiting: number;
  readonly inFlight: number;
}

const LISTED_IDLE_MS = 24 * 3_600_000;

/** Every scope that was used within a day or has something paused, waiting or in flight, as of now. Changes nothing. */
export async function listScopes(redis: Redis, keys: Keys): Promise<ScopeStatus[]> {
  const known = await redis.hgetall(keys.limits.scopes);
  const [seconds, microseconds] = await redis.time();
  const nowMs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  const scopes = Object.entries(known).map(async ([id, description]): Promise<ScopeStatus | undefined> => {
    const { state: stateKey, queue, holds } = keys.limits.scope(id);
    const [state, waiting, inFlight] = await Promise.all([
      redis.hgetall(stateKey),
      redis.zcard(queue),
      redis.hlen(holds),
    ]);
    const waitingUntilMs = Math.max(numberOf(state.waitUntil), numberOf(state.breakerUntil));
    const waits = waitingUntilMs > nowMs;
    const isBusy = Boolean(state.pausedReason) || waits || waiting > 0 || inFlight > 0;
    if (!isBusy && numberOf(state.now) < nowMs - LISTED_IDLE_MS) return undefined;
    return {
      id,
      ...readScopeDescription(description),
      pausedReason: state.pausedReason || undefined,
      pausedMessage: state.pausedMessage || undefined,
      waitingUntilMs: waits ? waitingUntilMs : undefined,
      waitReason: waits ? waitReasonOf(state) : undefined,
      requests: limitOf(state, 'requests', nowMs),
      tokens: limitOf(state, 'tokens', nowMs),
      waiting,
      inFlight,
    };
  });
  const shown = (await Promise.all(scopes)).filter((scope) => scope !== undefined);
  return shown.sort((a, b) => a.model.localeCompare(b.model));
}

/**
 * Lets the calls of every scope go on that is paused, or that waits for its provider, and forgets limits that providers named:
 * a person says that things have changed. Returns those that were paused or waited, as they were.
 */
export async function resumeScopes(redis: Redis, keys: Keys): Promise<ScopeStatus[]> {
  const resumed: ScopeStatus[] = [];
  for (const scope of await listScopes(redis, keys)) {
    const wasPaused = await resume(redis, keys, scope, 'everything');
    if (wasPaused || scope.waitReason !== undefined) resumed.push(scope);
  }
  return resumed;
}

/**
 * Ends the pauses of scopes, and returns those, as they were. The time that a provider asked for is not cut short, neither of
 * these scopes nor of others.
 */
export async function liftScopePauses(redis: Redis, keys: Keys): Promise<ScopeStatus[]> {
  const lifted: ScopeStatus[] = [];
  for (const scope of await listScopes(redis, keys)) {
    if (scope.pausedReason !== undefined && (await resume(redis, keys, scope, 'pause'))) lifted.push(scope);
  }
  return lifted;
}

/** Resolves with whether the scope was paused. */
async function resume(
  redis: Redis,
  keys: Keys,
  { id }: ScopeStatus,
  what: 'pause' | 'everything',
): Promise<boolean> {
  const [code] = await limitScriptsOf(redis).resume([keys.limits.scope(id).state], [what]);
  return code === 'resumed';
}

type State = Readonly<Record<string, string>>;

function numberOf(text: string | undefined): number {
  return Number(text ?? 0);
}

function waitReasonOf(state: State): WaitReason {
  if (numberOf(state.waitUntil) >= numberOf(state.breakerUntil)) return 'rate_limited';
  return numberOf(state.unreachableSince) > 0 ? 'unreachable' : 'failing';
}

/** What exchange-8.lua goes by: the lower of two limits, and the buckets that are not older than the horizon. */
function limitOf(state: State, resource: string, nowMs: number): LimitStatus | undefined {
  const configured = numberOf(state[`configured:${resource}`]);
  const learnt = numberOf(state[`learnt:${resource}`]);
  if (configured === 0 && learnt === 0) return undefined;
  const byProvider = configured === 0 || (learnt > 0 && learnt < configured);
  const oldestMs = nowMs - numberOf(state.horizonMs) - numberOf(state.bucketMs);
  const bucket = new RegExp(`^${resource}:(\\d+)$`);
  const used = Object.entries(state).reduce((sum, [field, amount]) => {
    const startMs = bucket.exec(field)?.[1];
    return startMs !== undefined && Number(startMs) > oldestMs ? sum + Number(amount) : sum;
  }, 0);
  return {
    limit: byProvider ? learnt : configured,
    from: byProvider ? 'learnt' : 'configured',
    used,
  };
}
