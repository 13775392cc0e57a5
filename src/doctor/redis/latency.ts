import { type Finding, ok, warning } from '../check.ts';

const PINGS = 21;
const WARN_MS = 5;
/** Name, permit, begin, commit, settlement: what one person waits for, one after the other. */
const ROUND_TRIPS_PER_PERSON = 5;

/** The time of a round trip, from the median of some. */
export async function checkLatency(
  ping: () => Promise<unknown>,
  nowMs: () => number = () => performance.now(),
): Promise<Finding> {
  const times: number[] = [];
  for (let left = PINGS; left > 0; left -= 1) {
    const startedMs = nowMs();
    await ping();
    times.push(nowMs() - startedMs);
  }
  times.sort((one, other) => one - other);
  const median = times[PINGS >> 1] ?? 0;
  const found = `${shown(median)} a round trip (median of ${PINGS}, slowest ${shown(times.at(-1) ?? 0)})`;
  if (median <= WARN_MS) return ok(found);
  const each = Math.round(ROUND_TRIPS_PER_PERSON * median);
  return warning(
    found,
    `each person waits for about ${ROUND_TRIPS_PER_PERSON} of them, ${each} ms beside the model's time: run workers near Redis, ` +
      'or raise PERSONA_FLEET_CONCURRENCY to make up for it',
  );
}

function shown(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}
