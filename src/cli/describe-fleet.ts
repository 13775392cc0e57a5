import { leftOf } from '../producer/budget.ts';
import type { FleetView } from '../producer/fleet-view.ts';
import { SIMULATED_MODEL } from '../shared/config.ts';
import type { Budget, Spend } from '../shared/limits/ledger.ts';
import type { LimitStatus, ScopeStatus, WaitReason } from '../shared/limits/scopes.ts';
import { count, percent } from './count.ts';
import { describeBudget, describeCalls, describeCost, describeTokens } from './describe-spend.ts';
import { duration } from './duration.ts';

/** What all workers and populations have in common. */
export interface FleetFacts extends FleetView {
  readonly spend: Spend;
  /** As configured here (PERSONA_FLEET_BUDGET_*); workers may be told otherwise. */
  readonly budget: Budget;
}

/** From this share of a limit on, calls that wait are taken to wait for it. */
const NEARLY_USED = 0.9;
const MINUTE_MS = 60_000;

const WAIT_REASONS: Readonly<Record<WaitReason, string>> = {
  rate_limited: 'the provider limits the rate',
  failing: 'the provider is failing',
  unreachable: 'the provider cannot be reached',
};

/** The fleet as lines for a person. */
export function describeFleet({ nowMs, scopes, spend, budget }: FleetFacts): string {
  const onlySimulated = scopes.every(({ model }) => model === SIMULATED_MODEL);
  const spent = [
    describeCalls(spend, { isAtRest: false }),
    describeTokens(spend),
    describeCost(spend, onlySimulated ? SIMULATED_MODEL : undefined),
  ].filter((part) => part !== undefined);
  const limit = describeBudget(budget, leftOf(budget, spend));
  const lines = [
    `fleet  ${spent.join(', ')}`,
    ...(limit === undefined ? [] : [`  budget ${limit}`]),
    ...scopes.map((scope) => `  ${scope.model} at ${scope.endpoint}: ${describeScope(scope, nowMs)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What keeps calls of a model from being made, in a few words; undefined when nothing does. Without a model: of any. */
export function whatHoldsUp({ nowMs, scopes }: FleetView, model: string | undefined): string | undefined {
  const ours = scopes.filter((scope) => model === undefined || scope.model === model);
  const paused = ours.find(({ pausedReason }) => pausedReason !== undefined);
  if (paused !== undefined) return `paused: ${paused.pausedMessage ?? paused.pausedReason}`;
  for (const scope of ours) {
    const waits = describeWait(scope, nowMs);
    if (waits !== undefined) return waits;
  }
  for (const { requests, tokens, waiting, windowMs } of ours) {
    if (waiting === 0) continue;
    if (isNearlyUsed(requests)) return `at the limit of ${count(requests.limit)} requests${per(windowMs)}`;
    if (isNearlyUsed(tokens)) return `at the limit of ${count(tokens.limit)} tokens${per(windowMs)}`;
  }
  return undefined;
}

function describeScope(scope: ScopeStatus, nowMs: number): string {
  const { pausedReason, pausedMessage, requests, tokens, windowMs, inFlight, waiting } = scope;
  if (pausedReason !== undefined) {
    return `paused: ${pausedMessage ?? pausedReason}; when that is mended, go on with: persona-fleet resume`;
  }
  const parts: string[] = [];
  const waits = describeWait(scope, nowMs);
  if (waits !== undefined) parts.push(waits);
  if (requests !== undefined) {
    parts.push(
      `${count(requests.used)} of ${count(requests.limit)} requests${per(windowMs)}${source(requests)}`,
    );
  }
  if (tokens !== undefined) {
    parts.push(
      `${percent(tokens.used, tokens.limit)} of ${count(tokens.limit)} tokens${per(windowMs)}${source(tokens)}`,
    );
  }
  if (requests === undefined && tokens === undefined) parts.push('no limit is known');
  if (inFlight > 0) parts.push(`${count(inFlight)} calls in flight`);
  if (waiting > 0) parts.push(`${count(waiting)} waiting`);
  return parts.join(', ');
}

function describeWait({ waitingUntilMs, waitReason }: ScopeStatus, nowMs: number): string | undefined {
  if (waitingUntilMs === undefined || waitReason === undefined) return undefined;
  const seconds = Math.max(1, Math.ceil((waitingUntilMs - nowMs) / 1_000));
  return `waits ${duration(seconds)} more: ${WAIT_REASONS[waitReason]}`;
}

function isNearlyUsed(limit: LimitStatus | undefined): limit is LimitStatus {
  return limit !== undefined && limit.used >= NEARLY_USED * limit.limit;
}

function source({ from }: LimitStatus): string {
  return from === 'learnt' ? ' (as the provider says)' : '';
}

function per(windowMs: number): string {
  return windowMs === MINUTE_MS ? '/min' : ` in ${windowMs / 1_000} s`;
}
