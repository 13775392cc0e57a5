import type { FleetView } from '../producer/fleet-view.ts';
import type { LimitStatus, ScopeStatus } from '../shared/limits/scopes.ts';
import { count } from './count.ts';
import { describeWait, per } from './describe-fleet.ts';

/** What keeps calls of a model from being made at once. */
export interface HeldUp {
  /** In a few words. */
  readonly text: string;
  /** The limits that waiting calls go by, where they wait for nothing else. */
  readonly pace?: { readonly callsPerSecond?: number; readonly tokensPerSecond?: number };
}

/** undefined when nothing does. Without a model: of any. */
export function whatHoldsUp({ nowMs, scopes }: FleetView, model: string | undefined): HeldUp | undefined {
  const ours = scopes.filter((scope) => model === undefined || scope.model === model);
  const paused = ours.find(({ pausedReason }) => pausedReason !== undefined);
  if (paused !== undefined) return { text: `paused: ${paused.pausedMessage ?? paused.pausedReason}` };
  for (const scope of ours) {
    const text = describeWait(scope, nowMs);
    if (text !== undefined) return { text };
  }
  const pacedScope = ours.find(
    ({ waiting, requests, tokens }) => waiting > 0 && (requests !== undefined || tokens !== undefined),
  );
  return pacedScope && paced(pacedScope);
}

function paced({ requests, tokens, windowMs }: ScopeStatus): HeldUp {
  const perSecond = (limit: LimitStatus) => (limit.limit * 1_000) / windowMs;
  const isOfTokens = tokens !== undefined && (requests === undefined || shareOf(tokens) > shareOf(requests));
  const [limit, unit] = isOfTokens ? [tokens, 'tokens'] : [requests, 'requests'];
  return {
    text: `paced at ${count(limit?.limit ?? 0)} ${unit}${per(windowMs)}`,
    pace: {
      ...(requests !== undefined && { callsPerSecond: perSecond(requests) }),
      ...(tokens !== undefined && { tokensPerSecond: perSecond(tokens) }),
    },
  };
}

function shareOf({ used, limit }: LimitStatus): number {
  return limit === 0 ? 1 : used / limit;
}
