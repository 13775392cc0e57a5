import { type Finding, ok, warning } from '../check.ts';

const WARN_MS = 1_500;

/**
 * This machine's clock against that of Redis. `time`: seconds and microseconds, as TIME answers. Half the round trip is the error of the
 * measurement, and is allowed for.
 */
export async function checkClock(
  time: () => Promise<readonly (string | number)[]>,
  nowMs: () => number = Date.now,
): Promise<Finding> {
  const beforeMs = nowMs();
  const [seconds, microseconds] = await time();
  const afterMs = nowMs();
  const redisMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const errorMs = (afterMs - beforeMs) / 2;
  const aheadMs = beforeMs + errorMs - redisMs;
  const skewMs = Math.max(0, Math.abs(aheadMs) - errorMs);
  if (skewMs <= WARN_MS)
    return ok(`within ${Math.max(1, Math.ceil(Math.abs(aheadMs) + errorMs))} ms of Redis' clock`);
  return warning(
    `${(skewMs / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} Redis' clock`,
    "synchronise both machines' clocks (chrony, systemd-timesyncd): times in logs and jobs do not agree, and a Retry-After that is a date is waited for wrongly",
  );
}
