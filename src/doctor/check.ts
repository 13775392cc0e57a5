import { ExitCode, explain } from '../shared/errors.ts';
import { unlessAborted, withDeadline } from '../shared/lifecycle.ts';

/** `warning`: it works, but somebody should know; `fault`: something must be mended first; `skipped`: not looked at, `found` says why. */
export const CheckStatus = { ok: 'ok', warning: 'warning', fault: 'fault', skipped: 'skipped' } as const;
export type CheckStatus = (typeof CheckStatus)[keyof typeof CheckStatus];

/** What a look at one thing has found. */
export interface Finding {
  readonly status: CheckStatus;
  readonly found: string;
  /** What to do, or what it means. */
  readonly advice?: string;
  /** Of a fault; 2 where it says nothing else. */
  readonly exitCode?: ExitCode;
}

export interface Check extends Finding {
  readonly name: string;
}

export function ok(found: string): Finding {
  return { status: CheckStatus.ok, found };
}

export function warning(found: string, advice: string): Finding {
  return { status: CheckStatus.warning, found, advice };
}

export function fault(found: string, advice: string, exitCode: ExitCode = ExitCode.badInput): Finding {
  return { status: CheckStatus.fault, found, advice, exitCode };
}

export function skipped(found: string): Finding {
  return { status: CheckStatus.skipped, found };
}

/** A look that is not over after so long never will be. */
const LOOK_WITHIN_MS = 10_000;

/**
 * One check: never rejects, and ends in time. A look that throws, or takes longer than `withinMs`, is a fault with what it threw. When the
 * signal aborts: skipped, at once.
 */
export async function examine(
  name: string,
  look: () => Finding | Promise<Finding>,
  { signal, withinMs = LOOK_WITHIN_MS }: { signal: AbortSignal; withinMs?: number },
): Promise<Check> {
  if (signal.aborted) return { name, ...skipped('interrupted') };
  try {
    const looking = withDeadline(
      Promise.resolve().then(look),
      withinMs,
      `no answer within ${withinMs / 1_000} s`,
    );
    return { name, ...((await unlessAborted(looking, signal)) ?? skipped('interrupted')) };
  } catch (error) {
    return { name, ...fault(explain(error), 'mend that, then run doctor again') };
  }
}

/** 5 and 4 before 2: they say more. */
const SEVEREST_FIRST: readonly ExitCode[] = [ExitCode.redis, ExitCode.paused, ExitCode.badInput];

/** 0 unless something must be mended. */
export function exitCodeOf(checks: readonly Check[]): ExitCode {
  const codes = checks.flatMap(({ status, exitCode = ExitCode.badInput }) =>
    status === CheckStatus.fault ? [exitCode] : [],
  );
  if (codes.length === 0) return ExitCode.ok;
  return SEVEREST_FIRST.find((code) => codes.includes(code)) ?? ExitCode.badInput;
}
