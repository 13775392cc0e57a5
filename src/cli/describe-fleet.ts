import { leftOf } from '../producer/budget.ts';
import type { FleetView } from '../producer/fleet-view.ts';
import { SIMULATED_MODEL } from '../shared/config.ts';
import type { Budget, Spend } from '../shared/limits/ledger.ts';
import type { LimitStatus, ScopeStatus, WaitReason } from '../shared/limits/scopes.ts';
import { count, counted, percent } from './count.ts';
import { describeBudget, describeCalls, describeCost, describeTokens } from './describe-spend.ts';
import { duration } from './duration.ts';

/** What all workers and populations have in common. */
export interface FleetFacts extends FleetView {
  readonly spend: Spend;
  /** As configured here (PERSONA_FLEET_BUDGET_*); workers may be told otherwise. */
  readonly budget: Budget;
}

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
  if (inFlight > 0) parts.push(`${counted(inFlight, 'call')} in flight`);
  if (waiting > 0) parts.push(`${count(waiting)} waiting`);
  return parts.join(', ');
}

/** That the provider is given time, and for how long; undefined when it is not. */
export function describeWait({ waitingUntilMs, waitReason }: ScopeStatus, nowMs: number): string | undefined {
  if (waitingUntilMs === undefined || waitReason === undefined) return undefined;
  const seconds = Math.max(1, Math.ceil((waitingUntilMs - nowMs) / 1_000));
  return `waits ${duration(seconds)} more: ${WAIT_REASONS[waitReason]}`;
}

function source({ from }: LimitStatus): string {
  return from === 'learnt' ? ' (as the provider says)' : '';
}

/** Of a window: "/min", or " in 2.5 s". */
export function per(windowMs: number): string {
  return windowMs === MINUTE_MS ? '/min' : ` in ${windowMs / 1_000} s`;
}
